import { parseArgs } from 'node:util';
import type { Suite } from './suite.ts';

export interface RunnerOptions {
  readonly suites: readonly Suite[];
  readonly only: readonly string[];
  readonly json: boolean;
  /** Leave an own cluster up. */
  readonly keep: boolean;
  /** Where charts, tables and reports go; null for a scratch directory. */
  readonly results: string | null;
}

const flags = {
  only: { type: 'string' },
  json: { type: 'boolean' },
  keep: { type: 'boolean' },
  save: { type: 'boolean' },
} as const;

export function usage(suites: readonly Suite[]): string {
  return `usage: npm run e2e -- SUITE|all [--only PART,…] [--json] [--keep] [--save]

${suites.map(({ name, summary }) => `  ${name.padEnd(11)} ${summary}`).join('\n')}

In the cluster of $KUBECONFIG; without it, in a one-node Kubernetes of the project's own, which is built when missing, brought up, and taken
down afterwards (root on Linux; see docs/e2e.md).

  --only PART,…  those parts of the suite
  --json         { suite, passed, failed, skipped, figures, checks } for each suite, one a line
  --keep         leave the own cluster up; the next run uses it
  --save         keep charts, tables and reports in e2e/results/VERSION`;
}

/** What was asked for, or what is wrong with it. */
export function parseRunnerOptions(
  args: readonly string[],
  suites: readonly Suite[],
  kept: string,
): RunnerOptions | string {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: flags, allowPositionals: true });
    const chosen = positionals[0] === 'all' ? suites : suites.filter(({ name }) => name === positionals[0]);
    if (positionals.length !== 1) return 'Name one suite, or all.';
    if (chosen.length === 0) return `There is no suite ${positionals[0]}.`;
    return {
      suites: chosen,
      only: values.only?.split(',') ?? [],
      json: values.json ?? false,
      keep: values.keep ?? false,
      results: values.save ? kept : null,
    };
  } catch (error) {
    return (error as Error).message;
  }
}
