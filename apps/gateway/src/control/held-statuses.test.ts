import { type Condition, emptyStatuses, type GatewayStatus, type Statuses } from '@fairlead/resources';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HeldStatuses } from './held-statuses.ts';

const serves = [
  { type: 'Programmed', status: 'True', reason: 'Programmed', message: '', observedGeneration: 1 },
] as const;
const pending = [
  { type: 'Programmed', status: 'False', reason: 'Pending', message: '', observedGeneration: 2 },
] as const;
const broken = [{ ...pending[0], reason: 'Invalid' }];

function gateways(conditions: readonly Condition[]): Statuses {
  const status: GatewayStatus = { addresses: [], listeners: [], conditions };
  return { ...emptyStatuses, gateways: new Map([['a/web', status]]) };
}

let observed: readonly Condition[];
let wanted: Statuses[];
let held: HeldStatuses;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  observed = serves;
  wanted = [];
  held = new HeldStatuses({ observed: () => observed, onWanted: (statuses) => wanted.push(statuses) });
});
afterEach(() => {
  held.close();
  vi.useRealTimers();
});

describe('a status that says pending', () => {
  it('is kept back from a Gateway that serves until it says that it serves', () => {
    held.want(gateways(pending));
    expect(wanted.at(-1)!.gateways.size).toBe(0);
    vi.advanceTimersByTime(300);
    const good = gateways(serves);
    held.want(good);
    expect(wanted.at(-1)).toBe(good);
    vi.advanceTimersByTime(5_000);
    expect(wanted).toHaveLength(2);
  });

  it('is passed on after a second, however often it changes meanwhile', () => {
    for (let i = 0; i < 9; i++) {
      held.want(gateways(pending));
      vi.advanceTimersByTime(100);
    }
    expect(wanted.every((statuses) => statuses.gateways.size === 0)).toBe(true);
    vi.advanceTimersByTime(150);
    expect(wanted.at(-1)!.gateways.size).toBe(1);
    vi.advanceTimersByTime(5_000);
    expect(wanted).toHaveLength(10);
  });

  it('is passed on at once where nothing was served', () => {
    observed = [];
    held.want(gateways(pending));
    expect(wanted.at(-1)!.gateways.size).toBe(1);
  });

  it('is kept back from ListenerSets too', () => {
    const conditions = [{ ...pending[0], reason: 'ParentNotProgrammed' }];
    held.want({ ...emptyStatuses, listenerSets: new Map([['a/set', { conditions, listeners: [] }]]) });
    expect(wanted.at(-1)!.listenerSets.size).toBe(0);
    vi.advanceTimersByTime(1_100);
    expect(wanted.at(-1)!.listenerSets.size).toBe(1);
  });
});

it('keeps back nothing else', () => {
  const statuses = gateways(broken);
  held.want(statuses);
  expect(wanted).toEqual([statuses]);
});
