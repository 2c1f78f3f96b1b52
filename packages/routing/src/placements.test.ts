import type { Condition } from '@fairlead/resources';
import { describe, expect, it } from 'vitest';
import { type Compiled, compile } from './compile.ts';
import type { CompileOptions, GatewayPlacement } from './compile-options.ts';
import { parseManifests, testOptions, toState } from './test-kit.ts';

const state = toState(
  parseManifests(`
kind: GatewayClass
metadata: { name: fairlead }
spec: { controllerName: fairlead.dev/gateway }
---
kind: Gateway
metadata: { name: web, generation: 3 }
spec:
  gatewayClassName: fairlead
  listeners: [{ name: http, port: 80, protocol: HTTP }, { name: more, port: 8080, protocol: HTTP }]
---
kind: Gateway
metadata: { name: pinned }
spec:
  gatewayClassName: fairlead
  listeners: [{ name: http, port: 80, protocol: HTTP }]
  addresses: [{ value: 192.0.2.7 }, {}]
`),
);

type Placements = Readonly<Record<string, Partial<GatewayPlacement>>>;

function compileIn(
  placements: Placements,
  more: Partial<CompileOptions> = {},
  before: Compiled | null = null,
): Compiled {
  const all = Object.entries(placements).map(
    ([key, one]) => [key, { ports: [], addresses: [], pending: null, ...one }] as const,
  );
  return compile(state, { ...testOptions, defaultAddresses, placements: new Map(all), ...more }, before);
}

const defaultAddresses = ['0.0.0.0'];

const web: Partial<GatewayPlacement> = {
  ports: [
    { port: 80, bindPort: 20_001 },
    { port: 8_080, bindPort: 20_002 },
  ],
  addresses: [{ type: 'IPAddress', value: '198.51.100.1' }],
};
const pinned: Partial<GatewayPlacement> = { ports: [{ port: 80, bindPort: 20_003 }] };

function programmed({ statuses }: Compiled, gateway: string): string {
  return say(statuses.gateways.get(`default/${gateway}`)!.conditions);
}

function say(conditions: readonly Condition[] | undefined): string {
  const { status, reason } = conditions!.find(({ type }) => type === 'Programmed')!;
  return `${status} ${reason}`;
}

describe('placements', () => {
  it('binds the ports that are told, whatever the specs say, and shows the load balancer’s addresses', () => {
    const compiled = compileIn({ 'default/web': web, 'default/pinned': pinned });
    expect([...compiled.table.binds.keys()].sort()).toEqual(['0.0.0.0:20001', '0.0.0.0:20002', '0.0.0.0:20003']);
    const listener = compiled.table.binds.get('0.0.0.0:20001')!.listeners[0]!;
    expect(listener).toMatchObject({ id: 'default/web/http', port: 80 });
    expect(compiled.statuses.gateways.get('default/web')!.addresses).toEqual(web.addresses);
    expect(programmed(compiled, 'web')).toBe('True Programmed');
  });

  it('binds nothing that is not told', () => {
    const compiled = compileIn({ 'default/web': { ...web, ports: web.ports!.slice(0, 1) } });
    expect([...compiled.table.binds.keys()]).toEqual(['0.0.0.0:20001']);
    const { listeners } = compiled.statuses.gateways.get('default/web')!;
    expect(listeners!.map(({ conditions }) => say(conditions))).toEqual(['True Programmed', 'False Pending']);
    expect(programmed(compiled, 'pinned')).toBe('False AddressNotUsable');
  });

  it('is programmed when there is a Service, an address, and nothing pending', () => {
    expect(programmed(compileIn({}), 'web')).toBe('False Pending');
    expect(programmed(compileIn({ 'default/web': { ...web, addresses: [] } }), 'web')).toBe('False AddressNotAssigned');
    const pending = '1 of 2 replicas serves it';
    expect(programmed(compileIn({ 'default/web': { ...web, pending } }), 'web')).toBe('False Pending');
  });

  it('says which address can’t be had', () => {
    const other = { ...pinned, addresses: [{ type: 'IPAddress', value: '198.51.100.9' }] };
    const compiled = compileIn({ 'default/pinned': other });
    expect(programmed(compiled, 'pinned')).toBe('False AddressNotUsable');
    expect(compiled.problems.map(({ path }) => path)).toContainEqual(['spec', 'addresses', 0, 'value']);
    const given = { ...pinned, addresses: [{ type: 'IPAddress', value: '192.0.2.7' }] };
    expect(programmed(compileIn({ 'default/pinned': given }), 'pinned')).toBe('True Programmed');
  });

  it('tells a port that could not be opened by its listener', () => {
    const bindErrors = new Map([['0.0.0.0:20002', 'EADDRINUSE']]);
    const { listeners } = compileIn({ 'default/web': web }, { bindErrors }).statuses.gateways.get('default/web')!;
    expect(listeners!.map(({ conditions }) => say(conditions))).toEqual(['True Programmed', 'False PortUnavailable']);
  });

  it('gives the same step by step as from scratch', () => {
    const steps: readonly Placements[] = [
      {},
      { 'default/web': { ...web, addresses: [] } },
      { 'default/web': web },
      { 'default/web': web, 'default/pinned': pinned },
      { 'default/pinned': pinned },
    ];
    let before: Compiled | null = null;
    for (const step of steps) {
      const now: Compiled = compileIn(step, {}, before);
      const { table, statuses, problems } = compileIn(step);
      expect({ table: now.table, statuses: now.statuses, problems: now.problems }).toEqual({
        table,
        statuses,
        problems,
      });
      before = now;
    }
  });
});
