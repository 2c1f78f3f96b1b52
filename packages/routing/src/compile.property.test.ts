import type { ClusterState, KubeObject } from '@fairlead/resources';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { objectKey } from './age.ts';
import { type Compiled, compile } from './compile.ts';
import { diffTables, isEmptyDiff } from './diff.ts';
import { intersects } from './hostnames.ts';
import { isSame } from './same.ts';
import type { HostTable } from './table.ts';
import { testOptions, toState } from './test-kit.ts';

const numRuns = Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 150);

/** Few names, so that objects meet: conflicts, shared hosts, references that come and go. */
const namespace = fc.constantFrom('a', 'b');
const serviceName = fc.constantFrom('s', 't');
const when = fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', undefined);
const group = 'gateway.networking.k8s.io';

function object(kind: string, names: fc.Arbitrary<string>, body: fc.Arbitrary<object>): fc.Arbitrary<KubeObject> {
  return fc
    .record({ name: names, namespace, generation: fc.integer({ min: 1, max: 3 }), creationTimestamp: when, body })
    .map(({ body: rest, creationTimestamp, ...metadata }) => ({
      apiVersion: '',
      kind,
      metadata: { ...metadata, ...(creationTimestamp === undefined ? {} : { creationTimestamp }) },
      ...rest,
    }));
}

const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const defined = <T extends object>(value: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  value.map((it) => Object.fromEntries(Object.entries(it).filter(([, member]) => member !== undefined)) as T);

const listener = defined(
  fc.record({
    name: fc.constantFrom('x', 'y', 'z'),
    port: fc.constantFrom(80, 81),
    hostname: optional(fc.constantFrom('*.a.com', 'x.a.com')),
    protocol: fc.constantFrom('HTTP', 'HTTP', 'HTTPS', 'TCP'),
    tls: optional(
      fc.constantFrom({ certificateRefs: [{ name: 's' }] }, { certificateRefs: [{ name: 's', namespace: 'b' }] }),
    ),
    allowedRoutes: optional(
      fc.constantFrom(
        { namespaces: { from: 'All' } },
        { namespaces: { from: 'Selector', selector: { matchLabels: { on: 'yes' } } } },
        { kinds: [{ kind: 'TCPRoute' }] },
      ),
    ),
  }),
);

const gateway = object(
  'Gateway',
  fc.constantFrom('g', 'h'),
  fc.record({
    spec: defined(
      fc.record({
        gatewayClassName: fc.constantFrom('ours', 'ours', 'ours', 'theirs'),
        listeners: fc.array(listener, { minLength: 1, maxLength: 3 }),
        tls: optional(fc.constant({ backend: { clientCertificateRef: { name: 's' } } })),
        allowedListeners: fc.constantFrom(
          undefined,
          { namespaces: { from: 'All' } },
          { namespaces: { from: 'Same' } },
          { namespaces: { from: 'Selector', selector: { matchLabels: { on: 'yes' } } } },
        ),
        infrastructure: fc.constantFrom(undefined, undefined, { parametersRef: { group: 'x', kind: 'Y', name: 'z' } }),
      }),
    ),
  }),
);

/** Named like Gateways, with listeners named like theirs. */
const listenerSet = object(
  'ListenerSet',
  fc.constantFrom('g', 'l'),
  fc.record({
    spec: fc.record({
      parentRef: fc.constantFrom({ name: 'g' }, { name: 'h', namespace: 'a' }),
      listeners: fc.array(listener, { minLength: 1, maxLength: 2 }),
    }),
  }),
);

const backendRef = defined(
  fc.record({
    name: serviceName,
    namespace: optional(namespace),
    port: fc.constantFrom(80, 80, 81),
    weight: optional(fc.integer({ min: 0, max: 2 })),
  }),
);

const filter = fc.oneof(
  fc.constant({ type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'a', value: 'b' }] } }),
  fc.constant({ type: 'URLRewrite', urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/z' } } }),
  fc.constant({ type: 'RequestRedirect', requestRedirect: {} }),
  fc.constant({ type: 'ExtensionRef', extensionRef: { group: 'x', kind: 'Y', name: 'z' } }),
  backendRef.map((ref) => ({ type: 'RequestMirror', requestMirror: { backendRef: ref } })),
);

const rule = defined(
  fc.record({
    name: optional(fc.constantFrom('one', 'two')),
    matches: optional(
      fc.array(
        fc.constantFrom(
          { path: { value: '/a' } },
          { path: { value: '/a/b' } },
          { path: { type: 'Exact', value: '/a' } },
          { path: { type: 'RegularExpression', value: '/[' } },
          { method: 'GET' },
          { headers: [{ name: 'h', value: '1' }] },
        ),
        { maxLength: 2 },
      ),
    ),
    filters: optional(fc.array(filter, { maxLength: 2 })),
    backendRefs: optional(fc.array(backendRef, { maxLength: 2 })),
  }),
);

const httpRoute = object(
  'HTTPRoute',
  fc.constantFrom('r', 'q', 'p'),
  fc.record({
    spec: defined(
      fc.record({
        parentRefs: fc.array(
          defined(
            fc.record({
              kind: fc.constantFrom(undefined, undefined, 'ListenerSet'),
              name: fc.constantFrom('g', 'h', 'l'),
              namespace: fc.constantFrom(undefined, 'a'),
              sectionName: fc.constantFrom(undefined, undefined, 'x'),
            }),
          ),
          { minLength: 1, maxLength: 2 },
        ),
        hostnames: optional(
          fc.array(fc.constantFrom('x.a.com', '*.a.com', 'y.a.com', 'b.com', 'bad host'), { maxLength: 2 }),
        ),
        rules: optional(fc.array(rule, { minLength: 1, maxLength: 2 })),
      }),
    ),
  }),
);

const grpcRule = defined(
  fc.record({
    matches: optional(
      fc.array(
        fc.constantFrom(
          {},
          { method: { service: 'a.B' } },
          { method: { service: 'a.B', method: 'C' } },
          { method: { type: 'RegularExpression', service: 'a.*' } },
          { method: { service: '/' } },
          { headers: [{ name: 'h', value: '1' }] },
        ),
        { maxLength: 2 },
      ),
    ),
    filters: optional(fc.array(filter, { maxLength: 1 })),
    backendRefs: optional(fc.array(backendRef, { maxLength: 2 })),
  }),
);

/** Named like HTTPRoutes: kinds must be told apart. */
const grpcRoute = object(
  'GRPCRoute',
  fc.constantFrom('r', 'q'),
  fc.record({
    spec: defined(
      fc.record({
        parentRefs: fc.constantFrom(
          [{ name: 'g' }, { kind: 'ListenerSet', name: 'g' }],
          [{ name: 'g', namespace: 'a' }],
          [{ name: 'h' }, { name: 'g' }],
        ),
        hostnames: optional(fc.constantFrom(['x.a.com'], ['*.a.com', 'b.com'], ['y.a.com'])),
        rules: optional(fc.array(grpcRule, { maxLength: 2 })),
      }),
    ),
  }),
);

const streamRoute = fc.constantFrom('TLSRoute', 'TCPRoute', 'UDPRoute').chain((kind) =>
  object(
    kind,
    fc.constantFrom('r'),
    fc.record({
      spec: fc.record({
        parentRefs: fc.constantFrom([{ name: 'g' }], [{ kind: 'ListenerSet', name: 'l' }]),
        rules: fc.array(fc.record({ backendRefs: fc.array(backendRef, { minLength: 1, maxLength: 2 }) }), {
          minLength: 1,
          maxLength: 1,
        }),
      }),
    }),
  ),
);

const service = object(
  'Service',
  serviceName,
  fc
    .constantFrom(undefined, 'kubernetes.io/h2c', 'https', 'mysql')
    .map((appProtocol) => ({ spec: { ports: [{ name: 'web', port: 80, ...(appProtocol ? { appProtocol } : {}) }] } })),
);

const policy = object(
  'BackendTLSPolicy',
  fc.constantFrom('p', 'q'),
  fc
    .record({
      name: serviceName,
      sectionName: fc.constantFrom(undefined, 'web', 'nowhere'),
      ca: fc.constantFrom(
        { wellKnownCACertificates: 'System' },
        { caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: 'ca' }] },
      ),
    })
    .map(({ name, sectionName, ca }) => ({
      spec: {
        targetRefs: [{ group: '', kind: 'Service', name, ...(sectionName === undefined ? {} : { sectionName }) }],
        validation: { hostname: 'h.internal', ...ca },
      },
    })),
);

const clientTrafficPolicy = object(
  'ClientTrafficPolicy',
  fc.constantFrom('p', 'q', 'r'),
  fc
    .record({
      name: fc.constantFrom('g', 'h'),
      sectionName: fc.constantFrom(undefined, undefined, 'x', 'y'),
      idle: fc.constantFrom('1s', '1s', '2s', 'soon'),
    })
    .map(({ name, sectionName, idle }) => ({
      spec: {
        targetRefs: [{ group, kind: 'Gateway', name, ...(sectionName === undefined ? {} : { sectionName }) }],
        timeouts: { idle },
      },
    })),
);

const grant = object(
  'ReferenceGrant',
  fc.constantFrom('g'),
  fc
    .record({
      from: fc.constantFrom('HTTPRoute', 'GRPCRoute', 'Gateway', 'ListenerSet', 'TCPRoute'),
      to: fc.constantFrom('Service', 'Secret'),
    })
    .map(({ from, to }) => ({
      spec: { from: [{ group, kind: from, namespace: 'a' }], to: [{ group: '', kind: to }] },
    })),
);

const secret = object(
  'Secret',
  fc.constantFrom('s'),
  fc.constantFrom('key', 'another').map((key) => ({ stringData: { 'tls.crt': 'cert x.a.com', 'tls.key': key } })),
);

const configMap = object(
  'ConfigMap',
  fc.constantFrom('ca'),
  fc.constantFrom('ca one', 'nonsense').map((ca) => ({ data: { 'ca.crt': ca } })),
);

const clusterScoped: fc.Arbitrary<KubeObject> = fc.oneof(
  fc.record({ name: namespace, on: fc.constantFrom('yes', 'no') }).map(({ name, on }) => ({
    apiVersion: '',
    kind: 'Namespace',
    metadata: { name, labels: { on } },
  })),
  fc.constantFrom('fairlead.dev/gateway', 'fairlead.dev/gateway', 'example.com/other').map((controllerName) => ({
    apiVersion: '',
    kind: 'GatewayClass',
    metadata: { name: 'ours' },
    spec: { controllerName },
  })),
);

const anything = fc.oneof(
  { arbitrary: httpRoute, weight: 8 },
  { arbitrary: grpcRoute, weight: 4 },
  { arbitrary: gateway, weight: 4 },
  { arbitrary: listenerSet, weight: 3 },
  { arbitrary: streamRoute, weight: 1 },
  { arbitrary: service, weight: 4 },
  { arbitrary: policy, weight: 2 },
  { arbitrary: clientTrafficPolicy, weight: 3 },
  { arbitrary: grant, weight: 2 },
  { arbitrary: secret, weight: 1 },
  { arbitrary: configMap, weight: 1 },
  { arbitrary: clusterScoped, weight: 1 },
);

/** An object as it is from now on, or its end. */
const edit = fc.record({ object: anything, removed: fc.boolean() });

const start: KubeObject[] = [
  {
    apiVersion: '',
    kind: 'GatewayClass',
    metadata: { name: 'ours' },
    spec: { controllerName: 'fairlead.dev/gateway' },
  } as KubeObject,
];

/** The next state, sharing everything that is not edited with the one before, as sources do. */
function apply(
  state: ClusterState,
  { object: edited, removed }: { object: KubeObject; removed: boolean },
): ClusterState {
  const update = toState([edited]);
  const table = (Object.keys(update) as (keyof ClusterState)[]).find((name) => update[name].size > 0)!;
  const [[key, value]] = [...update[table]] as [[string, KubeObject]];
  const map = new Map<string, KubeObject>(state[table]);
  if (removed) map.delete(key);
  else map.set(key, value);
  return { ...state, [table]: map };
}

const visible = ({ table, statuses, problems }: Compiled): object => ({ table, statuses, problems });

function expectKept<T>(before: ReadonlyMap<string, T>, now: ReadonlyMap<string, T>): void {
  for (const [key, value] of now) {
    const old = before.get(key);
    if (isSame(old, value)) expect(value === old, `${key} keeps its identity`).toBe(true);
  }
  const same = before.size === now.size && [...now].every(([key, value]) => before.get(key) === value);
  if (same) expect(now === before, 'the map keeps its identity').toBe(true);
}

describe('compile', () => {
  it('gives the same step by step as from scratch, and keeps what did not change', () => {
    const objects = fc.array(anything, { maxLength: 25 });
    fc.assert(
      fc.property(objects, fc.array(edit, { minLength: 1, maxLength: 8 }), (initial, edits) => {
        let state = toState([...start, ...initial]);
        let compiled = compile(state, testOptions, null);
        for (const one of edits) {
          state = apply(state, one);
          const next = compile(state, testOptions, compiled);
          expect(visible(next)).toEqual(visible(compile(state, testOptions, null)));
          for (const name of ['binds', 'hosts', 'rules', 'backends'] as const)
            expectKept<unknown>(compiled.table[name], next.table[name]);
          for (const name of Object.keys(next.statuses) as (keyof Compiled['statuses'])[]) {
            expectKept<unknown>(compiled.statuses[name], next.statuses[name]);
          }
          compiled = next;
        }
      }),
      { numRuns, seed: 7 },
    );
  });

  it('never lets both kinds of route have a hostname of a listener', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(httpRoute, grpcRoute, gateway, listenerSet), { maxLength: 25 }), (objects) => {
        const { table } = compile(toState([...start, ...objects]), testOptions, null);
        const kindsOf = ({ entries }: HostTable) => entries.map(({ rule: id }) => id.slice(0, id.indexOf('/')));
        for (const a of table.hosts.values()) {
          for (const b of table.hosts.values()) {
            if (a.listener !== b.listener || !intersects(a.hostname, b.hostname)) continue;
            expect(new Set([...kindsOf(a), ...kindsOf(b)]).size).toBe(1);
          }
        }
      }),
      { numRuns, seed: 10 },
    );
  });

  it('does not depend on the order of its input', () => {
    const unclassed = anything.filter(({ kind }) => kind !== 'GatewayClass');
    const objects = fc.uniqueArray(unclassed, {
      maxLength: 25,
      selector: (it) => `${it.kind} ${objectKey(it.metadata)}`,
    });
    const shuffled = objects.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        const one = compile(toState([...start, ...list]), testOptions, null);
        expect(visible(compile(toState([...other, ...start]), testOptions, null))).toEqual(visible(one));
      }),
      { numRuns, seed: 8 },
    );
  });

  it('gives tables whose difference is empty when nothing is said differently', () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 25 }), (objects) => {
        const compiled = compile(toState([...start, ...objects]), testOptions, null);
        // The same objects read anew: none of them is identical.
        const again = compile(toState(structuredClone([...start, ...objects])), testOptions, compiled);
        expect(isEmptyDiff(diffTables(compiled.table, again.table))).toBe(true);
        expect(again.statuses.httpRoutes).toBe(compiled.statuses.httpRoutes);
        expect(again.statuses.grpcRoutes).toBe(compiled.statuses.grpcRoutes);
      }),
      { numRuns, seed: 9 },
    );
  });
});
