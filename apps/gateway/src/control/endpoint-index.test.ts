import type { EndpointSlice, Service } from '@fairlead/resources';
import type { Backend } from '@fairlead/routing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EndpointChanges, EndpointIndex } from './endpoint-index.ts';

function makeService(name: string, port = 80): Service {
  const spec = { ports: [{ name: 'http', port, targetPort: 8080 }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'default' }, spec };
}

function makeSlice(name: string, service: string, ...addresses: readonly string[]): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace: 'default', labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080 }],
    endpoints: addresses.map((address) => ({ addresses: [address] })),
  };
}

function makeBackend(service: string, port = 80): Backend {
  const id = `default/${service}:${port}`;
  return { id, service: { namespace: 'default', name: service }, port, protocol: 'http1', tls: null, failure: null };
}

function byKey<T extends { readonly metadata: { readonly name: string } }>(
  ...objects: readonly T[]
): ReadonlyMap<string, T> {
  return new Map(objects.map((object) => [`default/${object.metadata.name}`, object]));
}

function byId(...backends: readonly Backend[]): ReadonlyMap<string, Backend> {
  return new Map(backends.map((backend) => [backend.id, backend]));
}

function shown({ changed, removed }: EndpointChanges): Record<string, string[] | null> {
  const sets = changed.map(({ backend, endpoints }) => [backend, endpoints.map(({ address }) => address)] as const);
  return Object.fromEntries([...sets, ...removed.map((backend) => [backend, null] as const)]);
}

const options = { allowLoopback: true };

describe('EndpointIndex', () => {
  it('tells what changed, and only that', () => {
    const index = new EndpointIndex(options);
    const backends = byId(makeBackend('a'), makeBackend('b'), makeBackend('none'));
    const services = byKey(makeService('a'), makeService('b'));
    const b = makeSlice('b-1', 'b', '10.0.1.1');
    expect(shown(index.update(backends, services, byKey(makeSlice('a-1', 'a', '10.0.0.1'), b)))).toEqual({
      'default/a:80': ['10.0.0.1'],
      'default/b:80': ['10.0.1.1'],
      'default/none:80': [],
    });
    const more = byKey(makeSlice('a-2', 'a', '10.0.0.2'), makeSlice('a-1', 'a', '10.0.0.1'), b);
    expect(shown(index.update(backends, services, more))).toEqual({ 'default/a:80': ['10.0.0.1', '10.0.0.2'] });
    expect(shown(index.update(backends, services, more))).toEqual({});
    const equal = byKey(makeSlice('a-1', 'a', '10.0.0.1'), makeSlice('a-2', 'a', '10.0.0.2'), b);
    expect(shown(index.update(backends, services, equal)), 'other objects that say the same').toEqual({});
    expect(shown(index.update(byId(makeBackend('b')), services, byKey(b)))).toEqual({
      'default/a:80': null,
      'default/none:80': null,
    });
  });

  it('follows Services that come, change and go', () => {
    const index = new EndpointIndex(options);
    const backends = byId(makeBackend('a'));
    const slices = byKey(makeSlice('a-1', 'a', '10.0.0.1'));
    expect(shown(index.update(backends, new Map(), slices))).toEqual({ 'default/a:80': [] });
    expect(shown(index.update(backends, byKey(makeService('a')), slices))).toEqual({ 'default/a:80': ['10.0.0.1'] });
    expect(shown(index.update(backends, byKey(makeService('a', 81)), slices))).toEqual({ 'default/a:80': [] });
    expect(shown(index.update(backends, byKey(makeService('a')), slices))).toEqual({ 'default/a:80': ['10.0.0.1'] });
    expect(shown(index.update(backends, new Map(), slices))).toEqual({ 'default/a:80': [] });
  });

  it('refuses addresses of its host where they are not allowed, and says so', () => {
    const refused: string[] = [];
    const index = new EndpointIndex({
      allowLoopback: false,
      onRefused: (backend, address) => refused.push(`${backend} ${address}`),
    });
    const slices = byKey(makeSlice('a-1', 'a', '127.0.0.1', '10.0.0.1'));
    expect(shown(index.update(byId(makeBackend('a')), byKey(makeService('a')), slices))).toEqual({
      'default/a:80': ['10.0.0.1'],
    });
    expect(refused).toEqual(['default/a:80 127.0.0.1']);
  });

  it('after any changes knows what a new one would', () => {
    const names = ['a', 'b', 'c'];
    const some = fc.subarray(names);
    const slice = fc.tuple(
      fc.constantFrom(...names),
      fc.constantFrom('1', '2'),
      fc.subarray(['10.0.0.1', '10.0.0.2', '10.0.0.3']),
    );
    const step = fc.tuple(some, some, fc.array(slice, { maxLength: 5 }));
    const property = fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
      const index = new EndpointIndex(options);
      const known = new Map<string, string[] | null>();
      for (const [backendNames, serviceNames, slices] of steps) {
        const input = [
          byId(...backendNames.map((name) => makeBackend(name))),
          byKey(...serviceNames.map((name) => makeService(name))),
          byKey(...slices.map(([service, n, addresses]) => makeSlice(`${service}-${n}`, service, ...addresses))),
        ] as const;
        for (const [backend, addresses] of Object.entries(shown(index.update(...input)))) {
          if (addresses === null) known.delete(backend);
          else known.set(backend, addresses);
        }
        expect(Object.fromEntries(known)).toEqual(shown(new EndpointIndex(options).update(...input)));
      }
    });
    fc.assert(property, { numRuns: Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 200), seed: 9 });
  });
});
