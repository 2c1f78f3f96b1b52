import { emptyClusterState } from '@fairlead/resources';
import { describe, expect, it } from 'vitest';
import { collectReferences, type ReferencingState } from './references.ts';

const controller = 'fairlead.dev/gateway';
const object = { apiVersion: '', kind: '' };

function gateway(from?: 'All' | 'Same' | 'None'): ReferencingState {
  const metadata = { namespace: 'edge', name: 'web' };
  const allowedListeners = from === undefined ? {} : { allowedListeners: { namespaces: { from } } };
  const spec = { gatewayClassName: 'fairlead', listeners: [], ...allowedListeners };
  return {
    ...emptyClusterState,
    gatewayClasses: new Map([
      ['fairlead', { ...object, metadata: { name: 'fairlead' }, spec: { controllerName: controller } }],
    ]),
    gateways: new Map([['edge/web', { ...object, metadata, spec }]]),
  };
}

function withSet(state: ReferencingState, namespace: string, secretNamespace?: string): ReferencingState {
  const ref = { name: 'cert', ...(secretNamespace === undefined ? {} : { namespace: secretNamespace }) };
  const listeners = [{ name: 'https', port: 443, protocol: 'HTTPS', tls: { certificateRefs: [ref] } }];
  const spec = { parentRef: { name: 'web', namespace: 'edge' }, listeners };
  return {
    ...state,
    listenerSets: new Map([[`${namespace}/set`, { ...object, metadata: { namespace, name: 'set' }, spec }]]),
  };
}

const secrets = (state: ReferencingState): readonly string[] => [...collectReferences(state, controller).secrets];

describe('Secrets that ListenerSets name', () => {
  it('are read when their Gateway may take the listeners', () => {
    expect(secrets(withSet(gateway('All'), 'shop'))).toEqual(['shop/cert']);
    expect(secrets(withSet(gateway('Same'), 'edge'))).toEqual(['edge/cert']);
    expect(secrets(withSet(gateway('Same'), 'shop'))).toEqual([]);
    expect(secrets(withSet(gateway('None'), 'shop'))).toEqual([]);
    expect(secrets(withSet(gateway(), 'edge'))).toEqual([]);
  });

  it('are read in other namespaces only by a grant to ListenerSets', () => {
    const state = withSet(gateway('All'), 'shop', 'certs');
    const granted = (kind: string): ReferencingState => {
      const from = [{ group: 'gateway.networking.k8s.io', kind, namespace: 'shop' }];
      const spec = { from, to: [{ group: '', kind: 'Secret' }] };
      return {
        ...state,
        referenceGrants: new Map([['certs/g', { ...object, metadata: { namespace: 'certs', name: 'g' }, spec }]]),
      };
    };
    expect(secrets(state)).toEqual([]);
    expect(secrets(granted('Gateway'))).toEqual([]);
    expect(secrets(granted('ListenerSet'))).toEqual(['certs/cert']);
  });
});
