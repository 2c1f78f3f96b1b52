import type { KubeObject } from '@fairlead/resources';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Compiled, compile } from './compile.ts';
import { testOptions, toState } from './test-kit.ts';

const numRuns = Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 300);
const group = 'gateway.networking.k8s.io';
const listeners = ['x', 'y'] as const;

/** As generated: few ages and targets, so that policies meet. */
interface Policy {
  readonly name: string;
  readonly created: string | undefined;
  readonly idleMs: number;
  readonly valid: boolean;
  readonly gateway: string;
  readonly section: string | undefined;
}

const policies: fc.Arbitrary<readonly Policy[]> = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    created: fc.constantFrom(undefined, '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
    idleMs: fc.integer({ min: 1_000, max: 9_999 }),
    valid: fc.constantFrom(true, true, true, false),
    gateway: fc.constantFrom('old', 'young'),
    section: fc.constantFrom(undefined, ...listeners),
  }),
  { selector: ({ name }) => name, maxLength: 5 },
);

function toObject({ name, created, idleMs, valid, gateway, section }: Policy): KubeObject {
  const metadata = { name, ...(created === undefined ? {} : { creationTimestamp: created }) };
  const target = { group, kind: 'Gateway', name: gateway, ...(section === undefined ? {} : { sectionName: section }) };
  const spec = { targetRefs: [target], timeouts: { idle: valid ? `${idleMs}ms` : '0s' } };
  return { apiVersion: '', kind: 'ClientTrafficPolicy', metadata, spec } as KubeObject;
}

/** Both Gateways share every socket; the port tells the listener. */
const site = [
  {
    apiVersion: '',
    kind: 'GatewayClass',
    metadata: { name: 'ours' },
    spec: { controllerName: 'fairlead.dev/gateway' },
  },
  ...['old', 'young'].map((name, i) => ({
    apiVersion: '',
    kind: 'Gateway',
    metadata: { name, creationTimestamp: `2026-01-0${i + 1}T00:00:00Z` },
    spec: {
      gatewayClassName: 'ours',
      listeners: listeners.map((section, j) => ({
        name: section,
        hostname: `${name}.example.com`,
        port: 80 + j,
        protocol: 'HTTP',
      })),
    },
  })),
] as KubeObject[];

/** The first by age and name of those with this target. */
function winnerOf(all: readonly Policy[], gateway: string, section: string | undefined): Policy | undefined {
  return all
    .filter((one) => one.valid && one.gateway === gateway && one.section === section)
    .sort((a, b) => (ageOf(a) < ageOf(b) ? -1 : 1))[0];
}

/** Objects without a time count as older than all others. */
function ageOf({ created = '0', name }: Policy): string {
  return `${created} ${name}`;
}

function acceptedReason({ statuses }: Compiled, name: string): string {
  return statuses.clientTrafficPolicies.get(`default/${name}`)!.ancestors[0]!.conditions[0]!.reason;
}

it("gives every listener its own policy, else its Gateway's, and every socket what its listeners agree on", () => {
  fc.assert(
    fc.property(policies, (all) => {
      const compiled = compile(toState([...site, ...all.map(toObject)]), testOptions, null);
      for (const bind of compiled.table.binds.values()) {
        const expected = bind.listeners.map(
          ({ gateway, name }) => winnerOf(all, gateway.name, name) ?? winnerOf(all, gateway.name, undefined),
        );
        expect(bind.listeners.map(({ clientPolicy }) => clientPolicy?.idleTimeoutMs)).toEqual(
          expected.map((one) => one?.idleMs),
        );
        const agreed = expected[0]?.idleMs === expected[1]?.idleMs ? expected[0] : winnerOf(all, 'old', undefined);
        expect(bind.clientPolicy?.idleTimeoutMs).toBe(agreed?.idleMs);
      }
      for (const one of all) {
        const governs = winnerOf(all, one.gateway, one.section) === one;
        expect(acceptedReason(compiled, one.name)).toBe(governs ? 'Accepted' : one.valid ? 'Conflicted' : 'Invalid');
      }
    }),
    { numRuns },
  );
});
