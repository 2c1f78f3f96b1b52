import { emptyClusterState, type Gateway, type GatewayClass, type ListenerSet } from '@fairlead/resources';
import { describe, expect, it } from 'vitest';
import { toServiceView } from './service-view.ts';

const classOf = (name: string, controllerName: string, more: object = {}): [string, GatewayClass] => [
  name,
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GatewayClass',
    metadata: { name },
    spec: { controllerName, ...more },
  },
];

const gateway = (
  name: string,
  gatewayClassName: string,
  spec: object = {},
  metadata: object = {},
): [string, Gateway] => [
  `default/${name}`,
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name, namespace: 'default', ...metadata },
    spec: { gatewayClassName, listeners: [], ...spec },
  },
];

describe('toServiceView', () => {
  it('gives Services to Gateways of ours, and takes them from those that are surely not', () => {
    const parametersRef = { group: 'a', kind: 'B', name: 'c' };
    const gateways = new Map([
      gateway('good', 'ours'),
      gateway('foreign', 'theirs'),
      gateway('going', 'ours', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      gateway('classless', 'missing'),
      gateway('class-refused', 'refused'),
      gateway('refused', 'ours', { addresses: [{ type: 'example.com/x', value: 'y' }] }),
    ]);
    const gatewayClasses = new Map([
      classOf('ours', 'fairlead.dev/gateway'),
      classOf('theirs', 'example.com/other'),
      classOf('refused', 'fairlead.dev/gateway', { parametersRef }),
    ]);
    const view = toServiceView({ ...emptyClusterState, gateways, gatewayClasses }, [
      ...gateways.keys(),
      'default/unread',
    ]);
    expect([...view.gateways.keys()]).toEqual(['default/good']);
    expect([...view.undecided].sort()).toEqual(
      ['class-refused', 'classless', 'refused', 'unread'].map((name) => `default/${name}`),
    );
  });

  it('counts the listeners of ListenerSets that a Gateway takes among its own', () => {
    const allowedListeners = { namespaces: { from: 'Same' } };
    const gateways = new Map([gateway('open', 'ours', { allowedListeners }), gateway('closed', 'ours')]);
    const gatewayClasses = new Map([classOf('ours', 'fairlead.dev/gateway')]);
    const setOf = (name: string): [string, ListenerSet] => {
      const listeners = [{ name: 'extra', port: 9000, protocol: 'HTTP' }];
      const metadata = { name, namespace: 'default' };
      return [`default/${name}`, { apiVersion: '', kind: '', metadata, spec: { parentRef: { name }, listeners } }];
    };
    const listenerSets = new Map([setOf('open'), setOf('closed')]);
    const view = toServiceView({ ...emptyClusterState, gateways, gatewayClasses, listenerSets }, gateways.keys());
    expect(view.gateways.get('default/open')!.spec.listeners.map(({ port }) => port)).toEqual([9000]);
    expect(view.gateways.get('default/closed')!.spec.listeners).toEqual([]);
  });
});
