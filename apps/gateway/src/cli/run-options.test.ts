import { internalPorts } from '@fairlead/kube';
import { describe, expect, it } from 'vitest';
import { parseRunOptions, portsOfGateways, UsageError } from './run-options.ts';

const parse = (...args: string[]) => parseRunOptions(args, {});

describe('parseRunOptions', () => {
  it('reads every flag', () => {
    const options = parse(
      ...['--from', '/m', '--workers', '1', '--admin', '[::1]:1234', '--access-log', '/a.log', '--log-level', 'warn'],
      ...['--status', '-', '--trusted-proxies', '10.0.0.0/8, ::1', '--drain-grace', '0', '--drain-timeout', '1.5'],
    );
    expect(options).toMatchObject({
      source: { from: 'directory', directory: '/m' },
      admin: { host: '::1', port: 1234 },
      logLevel: 'warn',
      status: { to: 'stdout' },
      settings: {
        workers: 1,
        accessLog: { to: 'file', path: '/a.log' },
        downstream: { trustedProxies: ['10.0.0.0/8', '::1'] },
        drain: { graceMs: 0, deadlineMs: 1_500 },
        debugHooks: false,
      },
    });
  });

  it('knows its defaults', () => {
    expect(parse('--from', '/m')).toMatchObject({
      admin: { host: '127.0.0.1', port: 9901 },
      settings: { accessLog: { to: 'stdout' } },
      status: null,
    });
    expect(parse('--help')).toBeNull();
  });

  it('takes a cluster when no directory is named', () => {
    const inPod = parseRunOptions([], { POD_NAME: 'fairlead-x', POD_NAMESPACE: 'gateways' });
    const settings = {
      fleet: 'fairlead',
      clusterDomain: 'cluster.local',
      externalTrafficPolicy: 'Cluster',
      loadBalancerClass: null,
      allowLocalEndpoints: false,
      hostPorts: new Map(),
      addresses: [],
    };
    const bare = { from: 'cluster', kubeconfig: null, context: null, ...settings };
    expect(inPod?.source).toEqual({ ...bare, namespace: 'gateways', podName: 'fairlead-x' });
    expect(parse()?.source).toEqual({ ...bare, namespace: null, podName: expect.stringMatching(/./) });
    const flags = ['--kubeconfig', '/k', '--context', 'c', '--namespace', 'n', '--pod-name', 'p'];
    const named = { from: 'cluster', kubeconfig: '/k', context: 'c', namespace: 'n', podName: 'p', ...settings };
    expect(parse(...flags)?.source).toEqual(named);
    const more = ['--fleet', 'edge', '--traffic-policy', 'Local', '--load-balancer-class', 'kit/lb'];
    expect(parse(...more, '--cluster-domain', 'k.test', '--allow-local-endpoints')?.source).toMatchObject({
      fleet: 'edge',
      clusterDomain: 'k.test',
      externalTrafficPolicy: 'Local',
      loadBalancerClass: 'kit/lb',
      allowLocalEndpoints: true,
    });
  });

  it.each([
    [['--from', ''], 'which directory'],
    [['--from', '/m', '--context', 'kind'], '--from and --context'],
    [['--from', '/m', '--fleet', 'edge'], '--from and --fleet'],
    [['--fleet', 'Edge_1'], '--fleet Edge_1'],
    [['--traffic-policy', 'local'], 'Cluster or Local'],
    [['--from', '/m', '--workers', '0'], 'whole number from 1'],
    [['--from', '/m', '--workers', 'two'], 'whole number from 1'],
    [['--from', '/m', '--admin', '9901'], 'HOST:PORT'],
    [['--from', '/m', '--admin', 'localhost:99999'], 'HOST:PORT'],
    [['--from', '/m', '--log-level', 'loud'], 'one of debug'],
    [['--from', '/m', '--trusted-proxies', '10.0.0.0/33'], 'CIDR'],
    [['--from', '/m', '--trusted-proxies', 'example.com'], 'CIDR'],
    [['--from', '/m', '--drain-grace', 'soon'], 'seconds from 0'],
    [['--from', '/m', '--drain-timeout', '-1'], '--drain-timeout'],
    [['--from', '/m', '--form', '/m'], '--form'],
    [['--from', '/m', 'stray'], 'stray'],
  ])('%j is refused', (args, message) => {
    expect(() => parse(...args)).toThrow(UsageError);
    expect(() => parse(...args)).toThrow(message);
  });

  it('reads ports that nodes open, and addresses', () => {
    const { source } = parse('--host-ports', '80:20080,443:20443', '--addresses', '192.0.2.1, edge.example')!;
    expect(source).toMatchObject({
      hostPorts: new Map([
        [80, 20_080],
        [443, 20_443],
      ]),
      addresses: ['192.0.2.1', 'edge.example'],
    });
    for (const bad of ['80', '80:80', '80:20080,81:20080', '80:20080,80:20081', 'x:20080', '80:20080:1', '0:20080']) {
      expect(() => parse('--host-ports', bad), bad).toThrow('must be pairs of different ports');
    }
    expect(() => parse('--addresses', 'http://x')).toThrow('must be an IP address or a name');
    expect(portsOfGateways).toEqual(internalPorts);
  });
});
