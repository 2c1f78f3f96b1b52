import { describe, expect, it } from 'vitest';
import { LivenessProbe } from './liveness-probe.ts';

const settings = { pingIdleMs: 2_000, pingTimeoutMs: 2_000 };
const headers = 100;
const ack = 17;

/** What is found at each 100 ms; `hears`: what comes at which time. */
function timeline(untilMs: number, hears: (probe: LivenessProbe, nowMs: number, asked: boolean) => void): string[] {
  const probe = new LivenessProbe(settings);
  probe.begin(0);
  const found: string[] = [];
  let asked = false;
  for (let nowMs = 100; nowMs <= untilMs; nowMs += 100) {
    hears(probe, nowMs, asked);
    const verdict = probe.check(nowMs);
    asked = verdict === 'ping';
    if (verdict !== 'lives') found.push(`${verdict} ${nowMs / 1_000}`);
    if (verdict === 'dead') break;
  }
  return found;
}

/** What is found from one time to another, until the peer is dead. */
function sweeps(probe: LivenessProbe, fromMs: number, untilMs: number): string[] {
  const found: string[] = [];
  for (let nowMs = fromMs; nowMs <= untilMs && !found.at(-1)?.startsWith('dead'); nowMs += 100) {
    const verdict = probe.check(nowMs);
    if (verdict !== 'lives') found.push(`${verdict} ${nowMs / 1_000}`);
  }
  return found;
}

describe('a probe', () => {
  it('finds a peer that falls silent dead within 5 s', () => {
    const found = timeline(60_000, (probe, nowMs) => {
      if (nowMs <= 1_000) probe.heard(nowMs, headers);
    });
    expect(found).toEqual(['ping 3', 'dead 5']);
  });

  it('asks a peer that answers but has nothing to say ever more rarely', () => {
    const found = timeline(700_000, (probe, nowMs, asked) => {
      if (asked) probe.heard(nowMs, ack);
    });
    expect(found).toEqual(['ping 2', 'ping 10', 'ping 42', 'ping 372']);
  });

  it('asks again soon once something else has come', () => {
    const found = timeline(20_000, (probe, nowMs, asked) => {
      if (asked) probe.heard(nowMs, ack);
      if (nowMs === 11_000) probe.heard(nowMs, headers);
    });
    expect(found).toEqual(['ping 2', 'ping 10', 'ping 13']);
  });

  it('never asks a peer that talks', () => {
    expect(timeline(60_000, (probe, nowMs) => probe.heard(nowMs, ack))).toEqual([]);
  });

  it('does not hold a PING against the peer for which nobody waited', () => {
    const probe = new LivenessProbe(settings);
    probe.begin(0);
    expect(probe.check(2_000)).toBe('ping');
    probe.begin(60_000);
    expect(sweeps(probe, 60_100, 70_000)).toEqual(['ping 62', 'dead 64']);
  });

  it('does not hold against the peer that this thread stood still', () => {
    const probe = new LivenessProbe(settings);
    probe.begin(0);
    expect(sweeps(probe, 100, 2_500)).toEqual(['ping 2']);
    expect(probe.check(9_000)).toBe('lives');
    expect(sweeps(probe, 9_100, 20_000)).toEqual(['dead 10.5']);
  });

  it('does not hold an idle time against the peer', () => {
    const probe = new LivenessProbe(settings);
    probe.begin(0);
    probe.heard(100, headers);
    probe.begin(50_000);
    expect([probe.check(50_100), probe.check(51_900), probe.check(52_000)]).toEqual(['lives', 'lives', 'ping']);
  });
});
