import type { Gateway, Service } from '@fairlead/resources';
import { describe, expect, it } from 'vitest';
import { allocatePorts, internalPorts, recordedPorts } from './gateway-ports.ts';
import { serviceName } from './gateway-service-names.ts';
import { planServices, type ServicePlan, type ServiceSettings } from './gateway-service-plan.ts';

const fleet = { namespace: 'fairlead-system', name: 'main', selector: { 'app.kubernetes.io/instance': 'main' } };
const settings: ServiceSettings = {
  fleet,
  clusterDomain: 'cluster.local',
  externalTrafficPolicy: 'Cluster',
  loadBalancerClass: null,
};

const web: Gateway = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { namespace: 'shop', name: 'web', uid: 'u1' },
  spec: {
    gatewayClassName: 'fairlead',
    listeners: [
      { name: 'https', port: 443, protocol: 'HTTPS' },
      { name: 'http', port: 80, protocol: 'HTTP' },
      { name: 'other', port: 80, protocol: 'HTTP', hostname: 'a.test' },
      { name: 'udp', port: 53, protocol: 'UDP' },
    ],
    addresses: [{}, { value: '192.0.2.7' }],
    infrastructure: {
      labels: { team: 'shop', 'app.kubernetes.io/managed-by': 'me' },
      annotations: { 'example.com/lb': 'big', 'fairlead.dev/gateway': 'other/gateway' },
    },
  },
};

function plan(
  gateways: readonly Gateway[],
  services: readonly Service[] = [],
  more: Partial<ServiceSettings> = {},
): ServicePlan {
  const byKey = <T extends Gateway | Service>(all: readonly T[]): ReadonlyMap<string, T> =>
    new Map(all.map((one) => [`${one.metadata.namespace}/${one.metadata.name}`, one]));
  const view = { gateways: byKey(gateways), services: byKey(services), undecided: new Set<string>() };
  return planServices(view, { ...settings, ...more });
}

const done = (gateways: readonly Gateway[]): readonly Service[] => plan(gateways).apply;

function changed(service: Service, metadata: object, spec: object = {}): Service {
  return { ...service, metadata: { ...service.metadata, ...metadata }, spec: { ...service.spec, ...spec } };
}

describe('planServices', () => {
  it('gives a Gateway a Service beside the fleet and an alias beside itself', () => {
    expect(plan([web]).apply).toMatchInlineSnapshot(`
      [
        {
          "apiVersion": "v1",
          "kind": "Service",
          "metadata": {
            "annotations": {
              "example.com/lb": "big",
              "fairlead.dev/applied": "815d3680fb",
              "fairlead.dev/gateway": "shop/web",
            },
            "labels": {
              "app.kubernetes.io/managed-by": "fairlead",
              "fairlead.dev/fleet": "main",
              "fairlead.dev/fleet-namespace": "fairlead-system",
              "fairlead.dev/service-role": "gateway",
              "gateway.networking.k8s.io/gateway-name": "web",
              "team": "shop",
            },
            "name": "gw-web-ed4436e3a4",
            "namespace": "fairlead-system",
          },
          "spec": {
            "externalTrafficPolicy": "Cluster",
            "ipFamilyPolicy": "PreferDualStack",
            "loadBalancerIP": "192.0.2.7",
            "ports": [
              {
                "name": "tcp-80",
                "port": 80,
                "protocol": "TCP",
                "targetPort": 20284,
              },
              {
                "name": "tcp-443",
                "port": 443,
                "protocol": "TCP",
                "targetPort": 21525,
              },
            ],
            "selector": {
              "app.kubernetes.io/instance": "main",
            },
            "type": "LoadBalancer",
          },
        },
        {
          "apiVersion": "v1",
          "kind": "Service",
          "metadata": {
            "annotations": {
              "example.com/lb": "big",
              "fairlead.dev/applied": "428030aba8",
              "fairlead.dev/gateway": "shop/web",
            },
            "labels": {
              "app.kubernetes.io/managed-by": "fairlead",
              "fairlead.dev/fleet": "main",
              "fairlead.dev/fleet-namespace": "fairlead-system",
              "fairlead.dev/service-role": "alias",
              "gateway.networking.k8s.io/gateway-name": "web",
              "team": "shop",
            },
            "name": "fairlead-web-e1b2ae4098",
            "namespace": "shop",
            "ownerReferences": [
              {
                "apiVersion": "gateway.networking.k8s.io/v1",
                "kind": "Gateway",
                "name": "web",
                "uid": "u1",
              },
            ],
          },
          "spec": {
            "externalName": "gw-web-ed4436e3a4.fairlead-system.svc.cluster.local",
            "type": "ExternalName",
          },
        },
      ]
    `);
  });

  it('passes on what the installation asks for', () => {
    const spec = plan([web], [], { externalTrafficPolicy: 'Local', loadBalancerClass: 'kit/lb' }).apply[0]!.spec;
    expect(spec).toMatchObject({ externalTrafficPolicy: 'Local', loadBalancerClass: 'kit/lb' });
  });

  it('asks for nothing where a Gateway has no listener that is served', () => {
    const listeners = [{ name: 'udp', port: 53, protocol: 'UDP' }];
    expect(plan([{ ...web, spec: { ...web.spec, listeners } }])).toEqual({ apply: [], remove: [], problems: [] });
  });

  it('applies again what somebody changed, and only that', () => {
    const [main, alias] = done([web]) as [Service, Service];
    const names = (services: readonly Service[]): readonly string[] =>
      plan([web], services).apply.map((one) => one.kind + one.spec.type);
    expect(names([main, alias])).toEqual([]);
    expect(names([changed(main, {}, { selector: { a: 'b' } }), alias])).toEqual(['ServiceLoadBalancer']);
    expect(names([changed(main, {}, { ports: main.spec.ports!.slice(1) }), alias])).toEqual(['ServiceLoadBalancer']);
    expect(names([main, changed(alias, {}, { externalName: 'evil.test' })])).toEqual(['ServiceExternalName']);
    const labels = { ...alias.metadata.labels, team: 'other' };
    expect(names([main, changed(alias, { labels })])).toEqual(['ServiceExternalName']);
    // What others add is theirs: node ports, labels of a cloud.
    const added = changed(main, { labels: { ...main.metadata.labels, cloud: 'x' } }, { clusterIP: '10.0.0.1' });
    expect(names([added, alias])).toEqual([]);
  });

  it('applies again when something is not wanted any more', () => {
    const { labels: _, ...infrastructure } = web.spec.infrastructure!;
    const bare = { ...web, spec: { ...web.spec, infrastructure } };
    expect(plan([bare], done([web])).apply).toHaveLength(2);
    const { addresses: __, ...spec } = web.spec;
    expect(plan([{ ...web, spec }], done([web])).apply.map((one) => one.spec.type)).toEqual(['LoadBalancer']);
  });

  it('leaves a Service alone whose Gateway is undecided, and one that is being deleted', () => {
    const services = new Map(done([web]).map((one) => [`${one.metadata.namespace}/${one.metadata.name}`, one]));
    const undecided = new Set(['shop/web']);
    expect(planServices({ gateways: new Map(), services, undecided }, settings).remove).toEqual([]);
    expect(planServices({ gateways: new Map(), services, undecided: new Set() }, settings).remove).toHaveLength(2);
    const going = done([web]).map((one) => changed(one, { deletionTimestamp: '2026-01-01T00:00:00Z' }, { ports: [] }));
    expect(plan([web], going)).toEqual({ apply: [], remove: [], problems: [] });
    expect(plan([], going).remove).toEqual([]);
  });

  it('touches nothing of anybody else', () => {
    const [main, alias] = done([web]) as [Service, Service];
    const foreign = changed(alias, { labels: {}, annotations: {} });
    const { apply, remove, problems } = plan([web], [main, foreign]);
    expect(apply).toEqual([]);
    expect(remove).toEqual([]);
    expect(problems).toEqual([{ gateway: 'shop/web', message: expect.stringContaining('is not ours') }]);
    const otherFleet = { ...main.metadata.labels, 'fairlead.dev/fleet': 'second' };
    expect(plan([], [changed(main, { labels: otherFleet })]).remove).toEqual([]);
    // Our labels, but neither beside the fleet nor beside the Gateway.
    expect(plan([], [changed(main, { namespace: 'evil' }), changed(alias, { namespace: 'evil' })]).remove).toEqual([]);
  });
});

describe('recordedPorts', () => {
  const [main] = done([web]) as [Service];
  const ports = (targets: readonly (number | string)[]): object => ({
    ports: targets.map((targetPort, i) => ({ name: `p${i}`, port: 80 + i, targetPort })),
  });

  it('reads internal ports only', () => {
    const odd = changed(main, {}, ports([9901, '20001', 19_999, 30_000, 20_005, 20_005, 20_006]));
    expect([...recordedPorts([odd], fleet).get('shop/web')!]).toEqual([
      [84, 20_005],
      [86, 20_006],
    ]);
  });

  it('gives what two Services name to the older', () => {
    const other: Gateway = { ...web, metadata: { ...web.metadata, name: 'other' } };
    const [second] = done([other]) as [Service];
    const services = [
      changed(second, { creationTimestamp: '2026-01-02T00:00:00Z' }, ports([20_001, 20_002])),
      changed(main, { creationTimestamp: '2026-01-01T00:00:00Z' }, ports([20_001])),
    ];
    const maps = recordedPorts(services, fleet);
    expect([...maps.get('shop/web')!]).toEqual([[80, 20_001]]);
    expect([...maps.get('shop/other')!]).toEqual([[81, 20_002]]);
  });

  it('reads nothing of a Service with another name than its Gateway gives it', () => {
    expect([...recordedPorts([changed(main, { name: 'copy' })], fleet).keys()]).toEqual([]);
  });
});

describe('allocatePorts', () => {
  it('leaves ports out when there are no more', () => {
    const count = internalPorts.last - internalPorts.first + 1;
    const full = new Map(Array.from({ length: count - 1 }, (_, i) => [i + 1, internalPorts.first + i] as const));
    const maps = allocatePorts(new Map([['shop/web', [80, 81]]]), new Map([['a/b', full]]));
    expect([...maps.get('shop/web')!]).toEqual([[80, internalPorts.last]]);
  });

  it('gives a port that nodes open to one Gateway, and keeps it there', () => {
    const hostPorts = new Map([[80, 20_080]]);
    const wanted = new Map([
      ['shop/web', [80, 81]],
      ['blog/web', [80]],
    ]);
    const first = allocatePorts(wanted, new Map(), hostPorts);
    expect(first.get('blog/web')!.get(80)).toBe(20_080);
    expect(first.get('shop/web')!.get(80)).not.toBe(20_080);
    const later = new Map([...wanted, ['a/web', [80]] as const]);
    expect(allocatePorts(later, first, hostPorts).get('blog/web')).toEqual(first.get('blog/web'));
    const without = new Map([['shop/web', new Map([[80, 20_284]])]]);
    expect(
      allocatePorts(new Map([['shop/web', [80]]]), without, hostPorts)
        .get('shop/web')!
        .get(80),
    ).toBe(20_080);
  });

  it('gives a port that nodes open to no other listener port', () => {
    const free = allocatePorts(new Map([['shop/web', [81]]]), new Map())
      .get('shop/web')!
      .get(81)!;
    const maps = allocatePorts(new Map([['shop/web', [81]]]), new Map(), new Map([[80, free]]));
    expect(maps.get('shop/web')!.get(81)).toBe(free + 1);
  });
});

describe('serviceName', () => {
  it('fits a DNS label, for the longest names too, and never is the same twice', () => {
    const keys = [
      'a/web',
      'b/web',
      'a/web.x',
      'a/web-x',
      'a/0',
      `a/${'n'.repeat(253)}`,
      `a/${'n'.repeat(252)}m`,
      `a/${'x'.repeat(39)}.y`,
    ];
    const names = keys.flatMap((key) => [serviceName('gateway', key), serviceName('alias', key)]);
    for (const name of names) expect(name).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])$/);
    expect(new Set(names).size).toBe(names.length);
  });
});
