import { check } from './check.ts';
import type { Command } from './command.ts';
import { explain } from './explain.ts';
import { routes } from './routes.ts';

/** The commands that look at a configuration. */
export const commands: readonly Command[] = [
  { name: 'check', summary: 'say what is wrong with a directory of manifests, with file and line', run: check },
  { name: 'routes', summary: 'list what a directory of manifests routes', run: routes },
  { name: 'explain', summary: 'say where a request would go, and why', run: explain },
];
