import { describe, expect, it } from 'vitest';
import { defaultSettings, type RecyclingSettings } from '../settings.ts';
import { chooseToShed, type ShedCandidate } from './shedding.ts';
import { Tenure } from './tenure.ts';

const window = 7;

function connection(
  requests: number,
  recycling: Partial<RecyclingSettings> = {},
): ShedCandidate & { readonly requests: number } {
  const tenure = new Tenure(0, 0);
  for (let i = 0; i < requests; i++) tenure.countRequest(window);
  const settings = {
    ...defaultSettings.downstream,
    recycling: { ...defaultSettings.downstream.recycling, ...recycling },
  };
  return { tenure, scope: { settings } as never, requests };
}

function chosenOf(connections: ReturnType<typeof connection>[], share: number): number[] {
  return chooseToShed(connections, share, window).map(({ requests }) => requests);
}

describe('which connections make room', () => {
  it.each([
    [[100, 100, 100, 100, 100, 100, 100, 100], 0.5, [100, 100, 100, 100]],
    [[103, 97, 101, 99, 100], 0.2, [103]],
    [[100, 100, 100, 100, 100], 0.15, [100]],
    [[100, 100, 100, 100, 100], 0.1, []],
    [[100, 100], 0.5, [100]],
    [[100], 0.5, []],
    [[900, 50, 50], 0.5, [50, 50]],
    [[60, 30, 10], 0.5, [60]],
    [[0, 0, 0], 0.5, []],
    [[10, 0, 0], 1, [10]],
    [[], 0.5, []],
  ])('of %j for %d', (requests, share, expected) => {
    expect(
      chosenOf(
        requests.map((count) => connection(count)),
        share,
      ),
    ).toEqual(expected);
  });

  it('spares excluded clients', () => {
    const excluded = connection(100, { excludedUserAgents: ['x'] });
    excluded.tenure.excluded = true;
    expect(chosenOf([excluded, connection(99), connection(98)], 0.4)).toEqual([99]);
  });

  it('counts those that were asked already', () => {
    const asked = connection(100);
    asked.tenure.leaving = true;
    const waiting = connection(100);
    waiting.tenure.chosen = true;
    expect(chosenOf([asked, waiting, connection(90), connection(90)], 0.5)).toEqual([]);
    expect(chosenOf([asked, connection(100), connection(90), connection(90)], 0.5)).toEqual([100]);
  });
});
