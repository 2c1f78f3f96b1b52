// What every entry point needs before anything else: the dependencies of the lock file and the Node they pin.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'node_modules/.bin');

/** Installs by `npm ci` when node_modules is missing or was made from another lock file. */
export function ensureInstalled() {
  if (isInstalled()) return;
  console.error('Installing dependencies and the pinned Node (once; about 20 s) …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const result = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) {
    console.error('npm ci failed; see above. Fairlead needs npm 10 or newer and access to the npm registry.');
    process.exit(1);
  }
}

/** PATH with the pinned Node and the tools of node_modules first. */
export function pinnedPath() {
  return bin + delimiter + process.env.PATH;
}

export const pinnedNode = join(bin, 'node');

// npm keeps its own copy of what it installed; equal dependency versions mean that nothing is missing.
function isInstalled() {
  const installed = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installed) || !existsSync(pinnedNode)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(readFileSync(installed, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || optional || present[path]?.version === version || present[path]?.link,
  );
}
