import { describe, expect, it } from 'vitest';
import { eventually } from './cluster.ts';
import { collectionPath, objectPath } from './kube-object.ts';
import { toApiAccess } from './kubeconfig.ts';

describe('paths', () => {
  it.each([
    ['v1', 'Pod', 'a', '/api/v1/namespaces/a/pods'],
    ['v1', 'Namespace', undefined, '/api/v1/namespaces'],
    ['gateway.networking.k8s.io/v1', 'HTTPRoute', 'a', '/apis/gateway.networking.k8s.io/v1/namespaces/a/httproutes'],
    ['gateway.networking.k8s.io/v1', 'HTTPRoute', undefined, '/apis/gateway.networking.k8s.io/v1/httproutes'],
    ['gateway.networking.k8s.io/v1', 'Gateway', 'a', '/apis/gateway.networking.k8s.io/v1/namespaces/a/gateways'],
    ['gateway.networking.k8s.io/v1', 'GatewayClass', 'a', '/apis/gateway.networking.k8s.io/v1/gatewayclasses'],
    [
      'gateway.networking.k8s.io/v1',
      'BackendTLSPolicy',
      'a',
      '/apis/gateway.networking.k8s.io/v1/namespaces/a/backendtlspolicies',
    ],
  ])('of %s %s', (apiVersion, kind, namespace, path) => {
    expect(collectionPath(apiVersion, kind, namespace)).toBe(path);
  });

  it('puts objects without a namespace into default', () => {
    expect(objectPath({ apiVersion: 'v1', kind: 'Service', metadata: { name: 's' } })).toBe(
      '/api/v1/namespaces/default/services/s',
    );
    expect(objectPath({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } })).toBe('/api/v1/nodes/n');
  });
});

describe('toApiAccess', () => {
  const cluster = { server: 'https://10.0.0.1:6443', 'certificate-authority-data': btoa('authority') };

  it('takes a client certificate', () => {
    const user = { 'client-certificate-data': btoa('certificate'), 'client-key-data': btoa('key') };
    expect(toApiAccess({ clusters: [{ cluster }], users: [{ user }] }, 'f')).toEqual({
      server: new URL('https://10.0.0.1:6443'),
      ca: 'authority',
      insecure: false,
      cert: 'certificate',
      key: 'key',
      token: '',
    });
  });

  it('takes a token', () => {
    expect(toApiAccess({ clusters: [{ cluster }], users: [{ user: { token: 't' } }] }, 'f').token).toBe('t');
  });

  it('says what it can not use', () => {
    expect(() => toApiAccess({ clusters: [{ cluster }], users: [{ user: {} }] }, 'f')).toThrow('not a plugin');
    expect(() => toApiAccess({}, 'f')).toThrow('no current context');
  });
});

describe('eventually', () => {
  it('asks until there is an answer', async () => {
    let asked = 0;
    expect(await eventually('three', 1_000, async () => (++asked === 3 ? asked : null), 1)).toBe(3);
  });

  it('names what it waited for', async () => {
    await expect(eventually('godot', 5, async () => false, 1)).rejects.toThrow('waiting for godot');
  });
});
