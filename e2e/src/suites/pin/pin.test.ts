import { describe, expect, it } from 'vitest';
import { shares } from '../clients/one-connection.ts';
import { shareOverTime, shareWithin } from './share-over-time.ts';
import { shareTable } from './shares.ts';

const isNew = (backend: string): boolean => backend === 'new';

describe('shareOverTime', () => {
  const answers = [
    { atMs: 1_010, backend: 'old' },
    { atMs: 1_020, backend: 'old' },
    { atMs: 2_010, backend: 'new' },
    { atMs: 2_020, backend: 'old' },
    { atMs: 2_300, backend: 'new' },
  ];

  it('gives each quarter of a second its share, before and after zero', () => {
    expect(shareOverTime(answers, isNew, 2_000)).toEqual([
      [-0.875, 0],
      [0.125, 0.5],
      [0.375, 1],
    ]);
  });

  it('counts a window from its start to before its end', () => {
    expect(shareWithin(answers, isNew, 2_010, 2_300)).toBe(0.5);
    expect(shareWithin(answers, isNew, 5_000, 6_000)).toBe(0);
  });
});

describe('shares', () => {
  it('counts pods that answered nothing, and those that are gone', () => {
    const tally = {
      perBackend: new Map([
        ['gone', 1],
        ['a', 3],
      ]),
      failures: new Map([['reset', 5]]),
    };
    expect(shares(tally, ['a', 'b'])).toEqual([0.75, 0.25, 0]);
  });

  it('is written as a table', () => {
    const row = {
      road: 'fairlead',
      client: 'grpc',
      phase: '2 pods',
      shares: [0.501, 0.499],
      failures: new Map([['reset', 1]]),
      connections: 2,
    };
    expect(shareTable([row]).split('\n')[2]).toBe(
      '| fairlead | grpc   | 2 pods | 50.1 %, 49.9 % | 1 (1 × reset) | 2                  |',
    );
  });
});
