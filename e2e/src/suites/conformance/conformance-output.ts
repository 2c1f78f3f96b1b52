import { parse } from 'yaml';
import type { CheckResult } from '../checks.ts';

/**
 * The results of the suite's tests from the output of `go test -v`: its direct subtests, each once, in the order of their ends. Tests of
 * no profile are among them, which the suite's own report leaves out.
 */
export function parseConformanceOutput(output: string): readonly CheckResult[] {
  const results: CheckResult[] = [];
  for (const [, verdict, name, seconds] of output.matchAll(resultLine)) {
    results.push({ name: name!, outcome: outcomes[verdict as Verdict], detail: `${seconds} s` });
  }
  return results;
}

type Verdict = 'PASS' | 'FAIL' | 'SKIP';
const outcomes: Readonly<Record<Verdict, CheckResult['outcome']>> = {
  PASS: 'passed',
  FAIL: 'failed',
  SKIP: 'skipped',
};
const resultLine = /^ {4}--- (PASS|FAIL|SKIP): TestConformance\/([^/\s]+) \(([\d.]+)s\)/gm;

interface Report {
  readonly profiles?: readonly {
    readonly name: string;
    readonly core?: { readonly statistics: Statistics };
    readonly extended?: { readonly statistics: Statistics };
  }[];
}

interface Statistics {
  readonly Passed: number;
  readonly Failed: number;
  readonly Skipped: number;
}

/** What the suite's own report counts: `GATEWAY-HTTP core passed` → 40, … */
export function reportStatistics(report: string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { name, core, extended } of (parse(report) as Report).profiles ?? []) {
    for (const [level, part] of Object.entries({ core, extended })) {
      if (part === undefined) continue;
      const { Passed, Failed, Skipped } = part.statistics;
      counts[`${name} ${level} passed`] = Passed;
      counts[`${name} ${level} failed`] = Failed;
      counts[`${name} ${level} skipped`] = Skipped;
    }
  }
  return counts;
}
