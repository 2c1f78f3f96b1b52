import { describe, expect, it } from 'vitest';
import { formatInteropReport, toInteropReport } from './interop-report.ts';
import type { CaseResult } from './suite.ts';

const result = (configuration: string, name: string, outcome: CaseResult['outcome'], detail = ''): CaseResult => {
  return { configuration, name, outcome, detail };
};

describe('toInteropReport', () => {
  it('adds up over configurations and runs', () => {
    const run = [
      result('a', 'one', 'passed'),
      result('a', 'two', 'failed', 'reset'),
      result('b', 'one', 'skipped', 'no'),
    ];
    const report = toInteropReport('suite', 2, [...run, ...run]);
    expect(report).toEqual({
      suite: 'suite',
      runs: 2,
      passed: 2,
      failed: 2,
      skipped: 2,
      configurations: [
        {
          name: 'a',
          passed: 2,
          failed: 2,
          skipped: 0,
          cases: [{ name: 'two', outcome: 'failed', detail: 'reset', times: 2 }],
        },
        {
          name: 'b',
          passed: 0,
          failed: 0,
          skipped: 2,
          cases: [{ name: 'one', outcome: 'skipped', detail: 'no', times: 2 }],
        },
      ],
    });
    expect(formatInteropReport(report)).toContain('✗ two (2 ×): reset');
    expect(formatInteropReport(report)).toContain('suite in 2 runs: 2 passed, 2 failed, 2 skipped');
  });
});
