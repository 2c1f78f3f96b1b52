import type { AdminView } from './admin-view.ts';
import { redact } from './redact.ts';

/** What is served now: the table with its secrets blotted out, and what is wrong with the configuration behind it. */
export function snapshotPage(view: AdminView): object {
  const { table, config, binds } = view;
  return {
    version: config.version,
    updatedAt: config.updatedAtMs === 0 ? null : new Date(config.updatedAtMs).toISOString(),
    isComplete: config.isComplete,
    notReady: view.notReady,
    workers: view.workers,
    problems: [...config.sourceProblems, ...view.problems],
    bindErrors: Object.fromEntries([...binds].filter(([, error]) => error !== null)),
    binds: redact(table.binds),
    hosts: redact(table.hosts),
    rules: redact(table.rules),
    backends: redact(table.backends),
  };
}
