import { describe, expect, it } from 'vitest';
import { checkManifest } from './check-manifest.ts';
import { pruneUnknown } from './prune-unknown.ts';

const route = (rule: object) => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'shop', namespace: 'default', labels: { 'any/label': 'x' } },
  spec: { parentRefs: [{ name: 'web' }], rules: [rule] },
});

describe('pruneUnknown', () => {
  it('keeps the identity of what has known fields only', () => {
    const known = route({ matches: [{ path: { type: 'Exact', value: '/' } }], backendRefs: [{ name: 'a', port: 1 }] });
    expect(pruneUnknown(known, 'HTTPRoute')).toBe(known);
  });

  it('drops fields of later versions at any depth, and leaves its input alone', () => {
    const later = route({ matches: [{ path: { type: 'Exact', value: '/', flavour: 'new' }, moon: 1 }], quota: {} });
    const copy = structuredClone(later);
    const pruned = pruneUnknown({ ...later, extra: 1 }, 'HTTPRoute');
    expect(pruned).toEqual(route({ matches: [{ path: { type: 'Exact', value: '/' } }] }));
    expect(checkManifest(pruned)).toEqual([]);
    expect(later).toEqual(copy);
  });

  it('leaves open objects, maps and wrong types alone', () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: { sessionAffinity: 'None' } };
    expect(pruneUnknown(service, 'Service')).toBe(service);
    expect(pruneUnknown(route({ matches: 'all' }), 'HTTPRoute')).toEqual(route({ matches: 'all' }));
    expect(pruneUnknown(null, 'HTTPRoute')).toBeNull();
  });
});
