import type { CaseResult } from './suite.ts';

/** The one JSON object of a run. */
export interface InteropReport {
  readonly suite: string;
  readonly runs: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly configurations: readonly ConfigurationReport[];
}

interface ConfigurationReport {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** All that did not pass, and what was measured of those that did. */
  readonly cases: readonly CaseReport[];
}

interface CaseReport {
  readonly name: string;
  readonly outcome: CaseResult['outcome'];
  readonly detail: string;
  /** In how many of the runs. */
  readonly times: number;
}

/** Counts add up over runs. */
export function toInteropReport(suite: string, runs: number, results: readonly CaseResult[]): InteropReport {
  const configurations = [...Map.groupBy(results, (result) => result.configuration)].map(([name, cases]) => {
    return { name, ...countOf(cases), cases: notable(cases) };
  });
  return { suite, runs, ...countOf(results), configurations };
}

function countOf(results: readonly CaseResult[]): { passed: number; failed: number; skipped: number } {
  const count = (outcome: CaseResult['outcome']): number => results.filter((r) => r.outcome === outcome).length;
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
}

function notable(cases: readonly CaseResult[]): readonly CaseReport[] {
  const told = cases.filter((result) => result.outcome !== 'passed' || result.detail !== '');
  const groups = Map.groupBy(told, (result) => JSON.stringify([result.name, result.outcome]));
  return [...groups.values()].map((group) => {
    const { name, outcome, detail } = group[0]!;
    return { name, outcome, detail, times: group.length };
  });
}

const marks = { passed: '✓', failed: '✗', skipped: '–' } as const;

/** For people. */
export function formatInteropReport(report: InteropReport): string {
  const lines = report.configurations.flatMap(({ name, passed, failed, skipped, cases }) => [
    `${name}: ${passed} passed, ${failed} failed, ${skipped} skipped`,
    ...cases.map((c) => `  ${marks[c.outcome]} ${c.name}${report.runs > 1 ? ` (${c.times} ×)` : ''}: ${c.detail}`),
  ]);
  const runs = report.runs === 1 ? '' : ` in ${report.runs} runs`;
  return `${lines.join('\n')}\n\n${report.suite}${runs}: ${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped\n`;
}
