import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { OwnCluster } from '../cluster/own-cluster.ts';
import { valuesMatrix } from './chart-values.ts';
import { type ChartObject, chartFolder, findTool, lintChart, type Rendering, renderChart } from './helm.ts';
import {
  findKubernetesSources,
  schemaLocation,
  writeDefinedSchemas,
  writeKubernetesSchemas,
} from './kubernetes-schemas.ts';

const helm = findTool('helm');
const kubeconform = findTool('kubeconform');
const sources = findKubernetesSources();
const gatewayApi = join(new OwnCluster().cache, 'crds/v1.7.0/standard');
const how = 'e2e/cluster/build.sh fetches it';

function render(rendering?: Rendering): readonly ChartObject[] {
  return renderChart(helm!, rendering);
}

function find<T>(objects: readonly ChartObject[], kind: string): ChartObject & T {
  const [found, ...others] = objects.filter((one) => one.kind === kind);
  if (found === undefined || others.length > 0) throw new Error(`${others.length + 1} objects of kind ${kind}`);
  return found as ChartObject & T;
}

interface Workload {
  readonly spec: {
    readonly replicas?: number;
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly automountServiceAccountToken: boolean;
        readonly topologySpreadConstraints?: readonly object[];
        readonly securityContext: object;
        readonly containers: readonly Container[];
      };
    };
  };
}

interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly securityContext: object;
}

describe.runIf(helm !== null)('the chart', () => {
  it('passes helm lint', () => expect(lintChart(helm!)).toBe(''));

  it('stands in the way of no other installation', () => {
    const [a, b] = ['fairlead', 'other'].map((release) =>
      render({ release, values: { gatewayClass: { create: false } } }),
    );
    const idOf = ({ kind, metadata }: ChartObject): string => `${kind} ${metadata.namespace ?? ''} ${metadata.name}`;
    const shared = new Set(a!.map(idOf));
    expect(b!.map(idOf).filter((id) => shared.has(id))).toEqual([
      'CustomResourceDefinition  clienttrafficpolicies.fairlead.dev',
    ]);
  });

  it('is of the version of the gateway', () => {
    const { args, image } = find<Workload>(render(), 'Deployment').spec.template.spec.containers[0]!;
    const manifest = resolve(chartFolder, '../../apps/gateway/package.json');
    const { version } = JSON.parse(execFileSync('cat', [manifest], { encoding: 'utf8' })) as {
      readonly version: string;
    };
    expect(image).toBe(`localhost/fairlead:${version}`);
    expect(args[0]).toBe('run');
  });

  it('selects its pods as the gateway selects them for Services', () => {
    const { spec } = find<Workload>(render({ release: 'edge' }), 'Deployment');
    const labels = { 'app.kubernetes.io/name': 'fairlead', 'app.kubernetes.io/instance': 'edge' };
    expect(spec.selector.matchLabels).toEqual(labels);
    expect(spec.template.metadata.labels).toMatchObject(labels);
    expect(spec.template.spec.containers[0]!.args).toContain('--fleet=edge');
  });

  it.each(Object.entries(valuesMatrix))('keeps to restricted pod security: %s', (_, values) => {
    const workload = render({ values }).find(
      ({ kind }) => kind === 'Deployment' || kind === 'DaemonSet',
    ) as ChartObject & Workload;
    const pod = workload.spec.template.spec;
    expect(pod.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: 65_532,
      runAsGroup: 65_532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod.containers.map(({ securityContext }) => securityContext)).toEqual([
      { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    ]);
    expect(JSON.stringify(pod)).not.toMatch(/hostNetwork|hostPID|hostIPC|hostPath|privileged/);
  });

  it('gives a pod the time that draining takes', () => {
    const values = { drain: { graceSeconds: 7, timeoutSeconds: 90 } };
    const { terminationGracePeriodSeconds, containers } = find<Workload>(render({ values }), 'Deployment').spec.template
      .spec;
    expect(containers[0]!.args).toEqual(expect.arrayContaining(['--drain-grace=7', '--drain-timeout=90']));
    expect(terminationGracePeriodSeconds).toBeGreaterThan(7 + 90);
  });

  it('mounts a token into its pods alone', () => {
    const objects = render();
    expect(
      find<{ automountServiceAccountToken: boolean }>(objects, 'ServiceAccount').automountServiceAccountToken,
    ).toBe(false);
    expect(find<Workload>(objects, 'Deployment').spec.template.spec.automountServiceAccountToken).toBe(true);
  });

  it('leaves the number of replicas to the autoscaler', () => {
    expect(find<Workload>(render({ values: { replicaCount: 5 } }), 'Deployment').spec.replicas).toBe(5);
    const scaled = find<Workload>(render({ values: { autoscaling: { enabled: true } } }), 'Deployment');
    expect(scaled.spec).not.toHaveProperty('replicas');
  });

  it('spreads replicas, by its own rules or by given ones', () => {
    const selector = {
      labelSelector: {
        matchLabels: { 'app.kubernetes.io/name': 'fairlead', 'app.kubernetes.io/instance': 'fairlead' },
      },
    };
    const spreadOf = (values: object): unknown =>
      find<Workload>(render({ values }), 'Deployment').spec.template.spec.topologySpreadConstraints;
    expect(spreadOf({})).toMatchObject([
      { topologyKey: 'topology.kubernetes.io/zone', ...selector },
      { topologyKey: 'kubernetes.io/hostname', ...selector },
    ]);
    const own = { topologyKey: 'rack', maxSkew: 2, whenUnsatisfiable: 'DoNotSchedule' };
    expect(spreadOf({ topologySpreadConstraints: [own] })).toEqual([{ ...own, ...selector }]);
  });

  it('lets strangers reach the ports of Gateways and no other', () => {
    const policy = find<{ spec: { ingress: readonly object[] } }>(render(), 'NetworkPolicy');
    expect(policy.spec.ingress).toEqual([{ ports: [{ protocol: 'TCP', port: 20_000, endPort: 29_999 }] }]);
  });

  it.each([
    ['an unknown field', { replicas: 3 }, 'replicas'],
    ['an unknown field within', { gateway: { worker: 3 } }, 'worker'],
    ['a kind of workload that there is not', { kind: 'StatefulSet' }, 'kind'],
    ['a text for a number', { replicaCount: '2' }, 'replicaCount'],
    ['ports of nodes for a Deployment', { hostPorts: { ports: [{ port: 80, internalPort: 20_080 }] } }, 'kind'],
    [
      'a port of nodes that is not of Gateways',
      { hostPorts: { ports: [{ port: 80, internalPort: 80 }] } },
      'internalPort',
    ],
    ['no worker', { gateway: { workers: 0 } }, 'workers'],
    ['an admin port among those of Gateways', { admin: { port: 20_080 } }, 'port'],
    ['a privileged admin port', { admin: { port: 80 } }, 'port'],
    ['a digest that is none', { image: { digest: 'latest' } }, 'digest'],
    ['no image', { image: { repository: '' } }, 'repository'],
    ['labels that the fleet is selected by', { podLabels: { 'app.kubernetes.io/instance': 'x' } }, 'podLabels'],
    ['a budget that lets no node be drained', { podDisruptionBudget: { maxUnavailable: 0 } }, 'maxUnavailable'],
    ['a proxy that is no network', { gateway: { trustedProxies: ['proxy.example'] } }, 'trustedProxies'],
    ['an argument that is none', { gateway: { extraArgs: ['json'] } }, 'extraArgs'],
    ['a namespace that can be none', { rbac: { namespaces: ['Shop'] } }, 'namespaces'],
  ])('refuses %s', (_, values, where) => {
    expect(() => render({ values })).toThrow(where);
  });

  it('refuses a release whose name is no label', () => {
    expect(() => render({ release: 'fair.lead' })).toThrow('has a dot');
  });
});

describe.runIf(helm !== null && kubeconform !== null && sources !== null)('what the chart renders', () => {
  const schemas = mkdtempSync(join(tmpdir(), 'fairlead-schemas-'));
  const rendered = new Map<string, readonly ChartObject[]>();
  beforeAll(() => {
    for (const [name, values] of Object.entries(valuesMatrix)) rendered.set(name, render({ values }));
    const kinds = new Set([...rendered.values()].flat().map(({ apiVersion, kind }) => `${apiVersion} ${kind}`));
    writeKubernetesSchemas(sources!, kinds, schemas);
    if (existsSync(gatewayApi)) {
      for (const file of readdirSync(gatewayApi))
        if (file.includes('_gatewayclasses')) writeDefinedSchemas(join(gatewayApi, file), schemas);
    }
    return () => rmSync(schemas, { recursive: true });
  }, 60_000);

  // No schema of the Prometheus Operator is at hand.
  const skipped = ['ServiceMonitor', ...(existsSync(gatewayApi) ? [] : ['GatewayClass'])];

  function validate(objects: readonly object[]): string {
    const file = join(schemas, 'objects.yaml');
    writeFileSync(file, objects.map((one) => `---\n${JSON.stringify(one)}\n`).join(''));
    const args = [
      '-strict',
      '-schema-location',
      schemaLocation(schemas),
      '-skip',
      skipped.join(','),
      '-output',
      'text',
      file,
    ];
    try {
      execFileSync(kubeconform!, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      return '';
    } catch (error) {
      return String((error as { readonly stdout: Buffer }).stdout);
    }
  }

  it.each(Object.keys(valuesMatrix))('is valid to Kubernetes: %s', (name) => {
    expect(validate(rendered.get(name)!)).toBe('');
  });

  it('would not be with an unknown field, or a wrong type', () => {
    const deployment = find<Workload>(rendered.get('defaults')!, 'Deployment');
    expect(validate([{ ...deployment, spec: { ...deployment.spec, replica: 2 } }])).toContain('replica');
    expect(validate([{ ...deployment, spec: { ...deployment.spec, replicas: 'two' } }])).toContain('replicas');
  });
});

// These only say why the others were skipped.
if (helm === null) it.skip(`the chart is not tested: there is no helm (${how})`, () => {});
else if (kubeconform === null) it.skip(`objects are not validated: there is no kubeconform (${how})`, () => {});
else if (sources === null) it.skip(`objects are not validated: Go has no sources of Kubernetes (${how})`, () => {});
