// Runs a task of this repository under the pinned Node, installing what is missing first. Works with any Node >= 20 and npm.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, pinnedPath, root } from './toolchain.mjs';

/** Each task is a list of commands run in order; the arguments given after the task's name go to the last. */
const tasks = {
  start: [['node', 'apps/gateway/src/quickstart/main.ts']],
  test: [['vitest', 'run']],
  check: [
    ['biome', 'ci', '--error-on-warnings', '.'],
    ['turbo', 'run', 'types', '--output-logs=errors-only'],
    ['knip'],
  ],
  bench: [['node', 'bench/src/main.ts']],
  interop: [['node', 'e2e/src/interop/main.ts']],
  e2e: [['node', 'e2e/src/suites/main.ts']],
  image: [['node', '--disable-warning=ExperimentalWarning', 'e2e/src/image/main.ts']],
  generate: [['node', 'apps/gateway/src/generate/main.ts']],
  format: [['biome', 'check', '--write', '.']],
};

const [task, ...args] = process.argv.slice(2);
if (!Object.hasOwn(tasks, task)) {
  console.error(`usage: node scripts/run.mjs ${Object.keys(tasks).join('|')} [ARGUMENTS]`);
  process.exit(2);
}
ensureInstalled();
const commands = tasks[task];
for (const [i, [command, ...rest]] of commands.entries()) {
  const isLast = i === commands.length - 1;
  const binary = join(root, 'node_modules/.bin', command);
  const { status, signal } = spawnSync(binary, isLast ? [...rest, ...args] : rest, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: pinnedPath(), TURBO_TELEMETRY_DISABLED: '1' },
  });
  if (status !== 0) process.exit(status ?? (signal === 'SIGINT' ? 130 : 1));
}
