import { type ChartObject, findTool, renderChart, valuesMatrix } from '@fairlead/e2e';
import { describe, expect, it } from 'vitest';
import { parseRunOptions, type RunOptions } from '../../src/cli/run-options.ts';

const helm = findTool('helm');

interface Workload extends ChartObject {
  readonly spec: {
    readonly template: {
      readonly spec: { readonly terminationGracePeriodSeconds: number; readonly containers: readonly Container[] };
    };
  };
}

interface Container {
  readonly args: readonly string[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number; readonly hostPort?: number }[];
  readonly env: readonly { readonly name: string }[];
}

interface Installed {
  readonly options: RunOptions;
  readonly container: Container;
  readonly pod: Workload['spec']['template']['spec'];
}

/** The gateway as the pods of the chart start it. */
function install(values: object): Installed {
  const objects = renderChart(helm!, { values });
  const workload = objects.find(({ kind }) => kind === 'Deployment' || kind === 'DaemonSet') as Workload;
  const pod = workload.spec.template.spec;
  const container = pod.containers[0]!;
  const [command, ...args] = container.args;
  expect(command).toBe('run');
  const env = { POD_NAME: 'fairlead-1', POD_NAMESPACE: 'fairlead-system' };
  return { options: parseRunOptions(args, env)!, container, pod };
}

if (helm === null) it.skip('the arguments of the chart: there is no helm (e2e/cluster/build.sh builds it)', () => {});

describe.runIf(helm !== null)('the arguments of the chart', () => {
  it.each(Object.entries(valuesMatrix))('are understood by the gateway: %s', (_, values) => {
    const { options, container, pod } = install(values);
    expect(options.source).toMatchObject({
      from: 'cluster',
      fleet: 'fairlead',
      namespace: 'fairlead-system',
      podName: 'fairlead-1',
    });
    expect(container.ports.find(({ name }) => name === 'admin')?.containerPort).toBe(options.admin.port);
    const { graceMs, deadlineMs } = options.settings.drain;
    expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(graceMs + deadlineMs);
  });

  it('map ports of nodes to those that the container names', () => {
    const { options, container } = install(valuesMatrix['with ports of the nodes']!);
    const opened = container.ports.flatMap(({ hostPort, containerPort }) =>
      hostPort === undefined ? [] : [[hostPort, containerPort] as const],
    );
    expect(opened).toHaveLength(2);
    expect(options.source).toMatchObject({ hostPorts: new Map(opened), addresses: ['192.0.2.1', 'edge.example'] });
  });

  it('say what the values say', () => {
    const { options } = install(valuesMatrix['every setting of the gateway']!);
    expect(options).toMatchObject({
      source: {
        externalTrafficPolicy: 'Local',
        loadBalancerClass: 'example.com/internal',
        clusterDomain: 'corp.example',
        allowLocalEndpoints: true,
      },
      settings: {
        workers: 4,
        accessLog: { to: 'off' },
        exposeReason: true,
        downstream: { trustedProxies: ['10.0.0.0/8', '2001:db8::/32'] },
        drain: { graceMs: 0, deadlineMs: 600_000 },
      },
      admin: { host: '::', port: 9_000 },
      logLevel: 'debug',
      json: true,
    });
  });
});
