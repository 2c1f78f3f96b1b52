import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../cluster/cluster.ts';
import type { KubeObject } from '../../cluster/kube-object.ts';
import { type ProcessUse, processesOfPod, useOf } from '../../cluster/pod-processes.ts';
import { Prober } from '../clients/prober.ts';
import { fairleadPods } from '../installation/fairlead.ts';
import { gatewayStatus, routeObject } from '../objects/gateway-objects.ts';
import type { SuiteContext } from '../suite.ts';
import { inParallel } from './in-parallel.ts';
import { type Site, withSite } from './site.ts';

const namespaces = 50;
const perNamespace = 100;
const routes = namespaces * perNamespace;
const parallel = 16;
const watchMs = 60_000;
const mebibyte = 1_048_576;

/**
 * 5,000 routes, each with a Service and an EndpointSlice of its own: memory, and CPU of control thread and workers, idle and while a route
 * changes each second and endpoints every two.
 */
export async function manyRoutes(context: SuiteContext): Promise<void> {
  await withSite(context, 'e2e-churn-many', 0, async (site) => {
    await openToAll(context, site);
    await populate(context, site);
    try {
      await attached(context, site);
      await isLive(site, namespaces - 1, perNamespace - 1);
      await measure(context, 'idle', async () => sleep(watchMs));
      await measure(context, 'changing', async () => keepChanging(context, site));
    } finally {
      await unpopulate(context);
    }
  });
}

async function openToAll({ cluster }: SuiteContext, { namespace, gateway, port }: Site): Promise<void> {
  const allowedRoutes = { namespaces: { from: 'All' } };
  const listeners = [{ name: 'http', port, protocol: 'HTTP', allowedRoutes }];
  await cluster.api.merge(gatewayRef(namespace, gateway), { spec: { listeners } });
}

function gatewayRef(namespace: string, name: string): KubeObject {
  return { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', metadata: { namespace, name } };
}

function namespaceOf(group: number): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `e2e-many-${group}` } };
}

async function populate({ cluster, progress }: SuiteContext, site: Site): Promise<void> {
  const addresses = await podAddresses(cluster.api, site.namespace);
  for (let group = 0; group < namespaces; group++) {
    await cluster.api.apply(namespaceOf(group));
    const members = Array.from({ length: perNamespace }, (_, i) => i);
    await inParallel(members, parallel, async (i) => {
      for (const object of objectsOf(site, group, i, addresses)) await cluster.api.apply(object);
    });
    if (group % 10 === 9) progress(`  ${(group + 1) * perNamespace} routes`);
  }
}

async function podAddresses(api: SuiteContext['cluster']['api'], namespace: string): Promise<readonly string[]> {
  const { items } = await api.list('v1', 'Pod', namespace, { labelSelector: 'app=echo' });
  return items.map(({ status }) => (status as { podIP: string }).podIP);
}

function objectsOf(site: Site, group: number, i: number, addresses: readonly string[]): readonly KubeObject[] {
  const namespace = namespaceOf(group).metadata.name;
  const name = `app-${i}`;
  // Nobody but the gateway looks at these Services: kube-proxy would write rules for 5,000 of them on the machine that is measured.
  const labels = { 'service.kubernetes.io/service-proxy-name': 'none' };
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name, labels },
    spec: { ports: [{ name: 'http', port: 80 }] },
  };
  const hostname = hostnameOf(group, i);
  const route = routeObject({
    kind: 'HTTPRoute',
    namespace,
    name,
    gateway: site.gateway,
    hostname,
    service: name,
    port: 80,
  });
  const parentRefs = [{ namespace: site.namespace, name: site.gateway }];
  return [service, sliceOf(namespace, name, addresses), { ...route, spec: { ...(route.spec as object), parentRefs } }];
}

function hostnameOf(group: number, i: number): string {
  return `app-${i}.group-${group}.example.com`;
}

function sliceOf(namespace: string, name: string, addresses: readonly string[]): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace, name, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8_080 }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  };
}

async function attached({ cluster }: SuiteContext, { namespace, gateway }: Site): Promise<void> {
  await eventually(`${routes} attached routes`, 300_000, async () => {
    const { listeners } = await gatewayStatus(cluster, namespace, gateway);
    return listeners?.[0]?.attachedRoutes === routes;
  });
}

async function isLive({ address, port }: Site, group: number, i: number): Promise<void> {
  const prober = new Prober(address, port);
  const { atMs, before } = await prober.until(hostnameOf(group, i), 100, 30_000, ({ status }) => status === 200);
  prober.close();
  if (atMs === null) throw new Error(`${hostnameOf(group, i)} does not answer 200: ${JSON.stringify([...before])}`);
}

/** A backend's port of one route each second, one endpoint less or more of one Service every two. */
async function keepChanging({ cluster }: SuiteContext, site: Site): Promise<void> {
  const addresses = await podAddresses(cluster.api, site.namespace);
  const endMs = performance.now() + watchMs;
  for (let turn = 0; performance.now() < endMs; turn++) {
    const group = turn % namespaces;
    const [, , route] = objectsOf(site, group, turn % perNamespace, addresses);
    const timeouts = { request: `${10 + (turn % 20)}s` };
    const { rules } = route!.spec as { rules: readonly object[] };
    await cluster.api.apply({
      ...route!,
      spec: { ...(route!.spec as object), rules: rules.map((rule) => ({ ...rule, timeouts })) },
    });
    if (turn % 2 === 0) {
      const namespace = namespaceOf(group).metadata.name;
      const some = turn % 4 === 0 ? addresses.slice(1) : addresses;
      await cluster.api.apply(sliceOf(namespace, `app-${turn % perNamespace}`, some));
    }
    await sleep(1_000);
  }
}

/** Figures of each replica over the time that `during` takes. Null where the processes are on another machine. */
async function measure(context: SuiteContext, phase: string, during: () => Promise<void>): Promise<void> {
  const { cluster, checks } = context;
  if (cluster.own === null) {
    checks.skip(`many, ${phase}`, 'memory and CPU are read on this machine: only of the own cluster');
    return;
  }
  const pods = await fairleadPods(cluster);
  const before = pods.map(({ metadata }) => useOf(processesOfPod(metadata.uid!)));
  const startMs = performance.now();
  await during();
  const seconds = (performance.now() - startMs) / 1_000;
  pods.forEach(({ metadata }, i) => {
    const after = useOf(processesOfPod(metadata.uid!));
    if (before[i] !== null && after !== null) judge(context, phase, before[i]!, after, seconds);
    else checks.expect(`many, ${phase}: ${metadata.name} stays`, false, 'its process is gone');
  });
}

function judge({ checks }: SuiteContext, phase: string, before: ProcessUse, after: ProcessUse, seconds: number): void {
  const controlMillicores = Math.round(((after.mainSeconds - before.mainSeconds) / seconds) * 1_000);
  const workerMillicores = Math.round(((after.otherSeconds - before.otherSeconds) / seconds) * 1_000);
  const rssMiB = Math.round(after.residentBytes / mebibyte);
  checks.figure(`many: ${routes} routes, ${phase}`, { rssMiB, controlMillicores, workerMillicores });
  checks.expect(`many, ${phase}: RSS ≤ 250 MiB`, rssMiB <= 250, `${rssMiB} MiB`);
  if (phase === 'idle') {
    checks.expect('many, idle: control thread ≤ 10 millicores', controlMillicores <= 10, `${controlMillicores}`);
  }
}

async function unpopulate({ cluster }: SuiteContext): Promise<void> {
  const groups = Array.from({ length: namespaces }, (_, group) => group);
  await inParallel(groups, parallel, (group) => cluster.api.delete(namespaceOf(group)));
  await eventually(
    'the end of all namespaces',
    300_000,
    async () => {
      const { items } = await cluster.api.list('v1', 'Namespace');
      return !items.some(({ metadata }) => metadata.name.startsWith('e2e-many-'));
    },
    1_000,
  );
}
