import { Field, names } from '@fairlead/message';
import { describe, expect, it } from 'vitest';
import { defaultSettings, type RecyclingSettings } from '../settings.ts';
import { isExcluded, Recycling, type RecyclingReason } from './recycling.ts';

const off: RecyclingSettings = defaultSettings.downstream.recycling;

/** `draws` are what `random` answers, the last for ever; 0.5 is no jitter. */
function setUp(...draws: number[]): { recycling: Recycling; reasons: RecyclingReason[] } {
  const reasons: RecyclingReason[] = [];
  let turn = 0;
  const random = (): number => draws[Math.min(turn++, draws.length - 1)] ?? 0.5;
  const recycling = new Recycling(random, (why) => reasons.push(why));
  recycling.sweep(1_000_000);
  return { recycling, reasons };
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function agent(name: string): Field[] {
  return [new Field(names.userAgent, name)];
}

describe('by chance', () => {
  it('asks nobody unless told to', () => {
    const { recycling, reasons } = setUp(0);
    const tenure = recycling.begin();
    for (let i = 0; i < 1_000; i++) expect(recycling.leavesWith(tenure, off, [])).toBe(false);
    expect(reasons).toEqual([]);
  });

  it('asks the share of requests that it is told to', () => {
    const recycling = new Recycling(seeded(7), () => {});
    const settings = { ...off, goawayChance: 0.01, maxPerSecond: 1e6 };
    let asked = 0;
    for (let i = 0; i < 100_000; i++) if (recycling.leavesWith(recycling.begin(), settings, [])) asked++;
    expect(asked).toBeGreaterThan(900);
    expect(asked).toBeLessThan(1_100);
  });

  it('asks every request at 1 and asks once', () => {
    const { recycling, reasons } = setUp(0.999);
    const tenure = recycling.begin();
    const settings = { ...off, goawayChance: 1 };
    expect(recycling.leavesWith(tenure, settings, [])).toBe(true);
    expect(recycling.leavesWith(tenure, settings, [])).toBe(false);
    expect(tenure.leaving).toBe(true);
    expect(reasons).toEqual(['chance']);
  });
});

describe('by age', () => {
  const settings = { ...off, maxAgeMs: 60_000, maxAgeJitter: 0.1 };

  it.each([
    ['at its age', 0.5, 60_000],
    ['up to a tenth earlier', 0, 54_000],
    ['up to a tenth later', 0.9999, 66_000],
  ])('asks a connection %s', (_what, draw, ageMs) => {
    const { recycling, reasons } = setUp(draw);
    const tenure = recycling.begin();
    recycling.sweep(1_000_000 + ageMs - 100);
    expect(recycling.leavesWith(tenure, settings, [])).toBe(false);
    expect(recycling.isOverdue(tenure, settings)).toBe(false);
    recycling.sweep(1_000_000 + ageMs);
    expect(recycling.isOverdue(tenure, settings)).toBe(true);
    expect(recycling.isOverdue(tenure, settings)).toBe(false);
    expect(reasons).toEqual(['age']);
  });

  it('spreads connections that came together', () => {
    const recycling = new Recycling(seeded(3), () => {});
    const tenures = Array.from({ length: 1_000 }, () => recycling.begin());
    const overdueAt: number[] = [];
    for (let nowMs = 50_000; nowMs <= 70_000; nowMs += 100) {
      recycling.sweep(nowMs);
      for (const tenure of tenures) {
        if (recycling.isOverdue(tenure, { ...settings, maxPerSecond: 1e6 })) overdueAt.push(nowMs);
      }
    }
    expect(overdueAt.length).toBe(1_000);
    expect(overdueAt[0]!).toBeLessThan(54_500);
    expect(overdueAt.at(-1)!).toBeGreaterThan(65_500);
    expect(overdueAt[500]!).toBeGreaterThan(59_000);
    expect(overdueAt[500]!).toBeLessThan(61_000);
  });

  it('follows a change of the policy', () => {
    const { recycling } = setUp(0.5);
    const tenure = recycling.begin();
    recycling.sweep(1_030_000);
    expect(recycling.leavesWith(tenure, settings, [])).toBe(false);
    expect(recycling.leavesWith(tenure, { ...settings, maxAgeMs: 20_000 }, [])).toBe(true);
  });
});

describe('excluded clients', () => {
  const settings = { ...off, goawayChance: 1, maxAgeMs: 1_000, excludedUserAgents: ['grpc-go/', 'Prober'] };

  it('are told by how their User-Agent begins', () => {
    const { recycling } = setUp(0);
    const asked = (name: string): boolean => recycling.leavesWith(recycling.begin(), settings, agent(name));
    expect(asked('grpc-go/1.66')).toBe(false);
    expect(asked('Prober')).toBe(false);
    expect(asked('my grpc-go/1.66')).toBe(true);
    expect(asked('prober')).toBe(true);
    expect(recycling.leavesWith(recycling.begin(), settings, [])).toBe(true);
  });

  it('are never asked, whatever the reason', () => {
    const { recycling, reasons } = setUp(0);
    const tenure = recycling.begin();
    recycling.leavesWith(tenure, settings, agent('Prober/2'));
    recycling.sweep(1_100_000);
    tenure.chosen = true;
    expect(recycling.leavesWith(tenure, settings, agent('Prober/2'))).toBe(false);
    expect(recycling.isOverdue(tenure, settings)).toBe(false);
    expect(recycling.leavesNow(tenure, settings, 'balance')).toBe(false);
    expect(isExcluded(tenure, settings)).toBe(true);
    expect(reasons).toEqual([]);
  });

  it('protect a connection that they share with others', () => {
    const { recycling } = setUp(0);
    const tenure = recycling.begin();
    expect(recycling.leavesWith(tenure, settings, agent('Prober'))).toBe(false);
    expect(recycling.leavesWith(tenure, settings, agent('curl'))).toBe(false);
  });

  it('are known by their first request only: a sweep leaves the others alone', () => {
    const { recycling } = setUp(0);
    const tenure = recycling.begin();
    recycling.sweep(1_100_000);
    expect(recycling.isOverdue(tenure, settings)).toBe(false);
  });

  it('are looked at anew when the policy has changed', () => {
    const { recycling } = setUp(0);
    const tenure = recycling.begin();
    recycling.leavesWith(tenure, settings, agent('Prober'));
    const changed = { ...settings, excludedUserAgents: ['curl'] };
    expect(recycling.leavesWith(tenure, changed, agent('Prober'))).toBe(true);
    const { recycling: another } = setUp(0);
    const second = another.begin();
    another.leavesWith(second, settings, agent('Prober'));
    expect(another.leavesWith(second, { ...off, goawayChance: 1 }, agent('Prober'))).toBe(true);
  });
});

describe('the rate', () => {
  const settings = { ...off, goawayChance: 1, maxPerSecond: 10 };

  it('is never more than the given in any second, however requests come', () => {
    const { recycling } = setUp(0);
    const askedAt: number[] = [];
    for (let nowMs = 1_000_000; nowMs < 1_010_000; nowMs += 100) {
      recycling.sweep(nowMs);
      for (let i = 0; i < 20; i++) if (recycling.leavesWith(recycling.begin(), settings, [])) askedAt.push(nowMs);
    }
    for (let from = 1_000_000; from < 1_009_000; from += 100) {
      const within = askedAt.filter((atMs) => atMs >= from && atMs < from + 1_000).length;
      expect(within).toBeLessThanOrEqual(11);
    }
    expect(askedAt.length).toBeGreaterThan(90);
  });

  it('leaves those beyond it for later', () => {
    const { recycling, reasons } = setUp(0);
    const tenures = Array.from({ length: 15 }, () => recycling.begin());
    for (const tenure of tenures) tenure.chosen = true;
    expect(tenures.filter((tenure) => recycling.leavesWith(tenure, { ...settings, goawayChance: 0 }, [])).length).toBe(
      10,
    );
    recycling.sweep(1_002_000);
    expect(tenures.filter((tenure) => recycling.leavesWith(tenure, { ...settings, goawayChance: 0 }, [])).length).toBe(
      5,
    );
    expect(reasons).toEqual(new Array(15).fill('balance'));
  });

  it('of 0 asks nobody', () => {
    const { recycling } = setUp(0);
    expect(recycling.leavesWith(recycling.begin(), { ...settings, maxPerSecond: 0 }, [])).toBe(false);
  });
});

describe('requests of a connection', () => {
  it('are counted over the present second and the one before', () => {
    const { recycling } = setUp(0.5);
    const tenure = recycling.begin();
    for (let i = 0; i < 5; i++) recycling.leavesWith(tenure, off, []);
    expect(tenure.recentRequests(recycling.window)).toBe(5);
    recycling.sweep(1_001_000);
    for (let i = 0; i < 3; i++) recycling.leavesWith(tenure, off, []);
    expect(tenure.recentRequests(recycling.window)).toBe(8);
    recycling.sweep(1_002_000);
    expect(tenure.recentRequests(recycling.window)).toBe(3);
    recycling.sweep(1_010_000);
    expect(tenure.recentRequests(recycling.window)).toBe(0);
  });
});
