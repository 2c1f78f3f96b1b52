import type { Endpoint, EndpointSet } from '@fairlead/routing';
import { describe, expect, it } from 'vitest';
import { EndpointRows } from './endpoint-rows.ts';
import { SlotTable } from './slot-table.ts';

const endpoint = (address: string, ready = true): Endpoint => ({ address, port: 80, ready, zone: '' });
const set = (backend: string, ...addresses: string[]): EndpointSet => ({
  backend,
  endpoints: addresses.map((address) => endpoint(address)),
});
const fail = (): never => {
  throw new Error('full');
};

describe('EndpointRows', () => {
  it('gives one row to an endpoint of several backends, until the last lets go', () => {
    const slots = new SlotTable(8);
    const rows = new EndpointRows(slots, fail);
    const first = rows.assign(set('a', '10.0.0.1', '10.0.0.2'), 1);
    const second = rows.assign(set('b', '10.0.0.2'), 2);
    expect(second.endpoints[0]!.row).toBe(first.endpoints[1]!.row);
    rows.remove('a', 3);
    expect(slots.get('10.0.0.1:80')).toBeUndefined();
    expect(slots.get('10.0.0.2:80')).toBe(second.endpoints[0]!.row);
    rows.remove('b', 4);
    expect(slots.size).toBe(0);
    expect([...rows.sets]).toEqual([]);
  });

  it('keeps the row of an endpoint that stays in a changed set', () => {
    const rows = new EndpointRows(new SlotTable(8), fail);
    const before = rows.assign(set('a', '10.0.0.1', '10.0.0.2'), 1);
    const after = rows.assign(set('a', '10.0.0.2', '10.0.0.3'), 2);
    expect(after.endpoints[0]!.row).toBe(before.endpoints[1]!.row);
  });

  it('leaves out what finds no row, and says so', () => {
    const missed: string[] = [];
    const rows = new EndpointRows(new SlotTable(1), (key) => missed.push(key));
    expect(rows.assign(set('a', '10.0.0.1', 'fd00::2'), 1).endpoints).toHaveLength(1);
    expect(missed).toEqual(['[fd00::2]:80']);
  });
});
