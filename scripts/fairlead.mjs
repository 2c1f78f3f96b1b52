#!/usr/bin/env node
// `npx fairlead …` from a clone: the gateway's command line under the pinned Node.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, pinnedNode, pinnedPath, root } from './toolchain.mjs';

ensureInstalled();
const main = join(root, 'apps/gateway/src/main.ts');
const child = spawn(pinnedNode, [main, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, PATH: pinnedPath() },
});
// The terminal signals the whole group; a supervisor signals only us.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 128 : 1)));
