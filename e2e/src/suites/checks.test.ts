import { describe, expect, it } from 'vitest';
import { Checks } from './checks.ts';
import { formatReport, isGreen } from './suite-report.ts';

function checks(): Checks {
  return new Checks('pin', () => {});
}

describe('Checks', () => {
  it('counts by outcome and keeps figures', () => {
    const gathered = checks();
    gathered.expect('even shares', true, '0.2 each');
    gathered.expect('no failures', false, '3 resets');
    gathered.skip('ClusterIP', 'not reachable from here');
    gathered.figure('shareOfNewPod', [0, 0.5]);
    expect(gathered.report()).toMatchObject({ suite: 'pin', passed: 1, failed: 1, skipped: 1 });
    expect(formatReport(gathered.report())).toBe(
      [
        'pin: 1 passed, 1 failed, 1 skipped',
        '  failed: no failures: 3 resets',
        '  skipped: ClusterIP: not reachable from here',
        '  shareOfNewPod: 0, 0.5',
      ].join('\n'),
    );
  });

  it('turns what a part throws into a failed check and goes on', async () => {
    const gathered = checks();
    await gathered.part('first', () => Promise.reject(new Error('no address')));
    await gathered.part('second', async () => {
      gathered.expect('second', true, '');
    });
    expect(gathered.report().checks).toEqual([
      { name: 'first', outcome: 'failed', detail: 'no address' },
      { name: 'second', outcome: 'passed', detail: '' },
    ]);
  });

  it('is not green when nothing could be checked', () => {
    const gathered = checks();
    gathered.skip('everything', 'no cluster');
    expect(isGreen(gathered.report())).toBe(false);
    gathered.expect('one', true, '');
    expect(isGreen(gathered.report())).toBe(true);
  });
});
