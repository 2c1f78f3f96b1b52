import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../../cluster/kube-object.ts';
import { fairleadNamespace } from '../installation/fairlead.ts';
import { httpPort } from '../objects/echo-backend.ts';
import { routeObject } from '../objects/gateway-objects.ts';
import type { SuiteContext } from '../suite.ts';
import type { Trouble } from './api-proxy.ts';
import type { Fault, FaultSite } from './fault.ts';

const lastsMs = 10_000;
const usualMs = 5_000;
const rbac = 'rbac.authorization.k8s.io/v1';

export const allFaults: readonly Fault[] = [
  {
    name: 'watches-cut',
    said: null,
    recoversWithinMs: usualMs,
    async strike(_, { proxy }) {
      for (let i = 0; i < 20; i++) {
        proxy.cut();
        await sleep(500);
      }
    },
  },
  {
    name: 'half-dead',
    said: /watch|silent|answer/i,
    recoversWithinMs: 35_000,
    async strike(_, { proxy }) {
      proxy.freeze();
    },
  },
  {
    name: 'gone',
    said: /410|expired|relist/i,
    recoversWithinMs: usualMs,
    strike: trouble({ status: 410, watchesOnly: true }),
  },
  {
    name: 'too-many-requests',
    said: /429|TooManyRequests/,
    recoversWithinMs: 15_000,
    strike: trouble({ status: 429, retryAfterSeconds: 1 }),
  },
  { name: 'internal-errors', said: /500|InternalError/, recoversWithinMs: 30_000, strike: trouble({ status: 500 }) },
  { name: 'slow', said: null, recoversWithinMs: 15_000, strike: trouble({ delayMs: 3_000 }) },
  { name: 'token-expired', said: /401|Unauthorized/, recoversWithinMs: 30_000, strike: trouble({ status: 401 }) },
  {
    name: 'bad-objects',
    said: /regular expression|RegularExpression|invalid/i,
    recoversWithinMs: usualMs,
    strike: applyBadObjects,
  },
  { name: 'large-object', said: null, recoversWithinMs: usualMs, strike: applyLargeObject },
  { name: 'rights-taken', said: /403|[Ff]orbidden/, recoversWithinMs: 35_000, strike: takeRights },
];

/** All connections are cut first, so that it is felt at once. */
function trouble(made: Trouble): Fault['strike'] {
  return async (_, { proxy }) => {
    proxy.make(made);
    proxy.cut();
    await sleep(lastsMs);
    proxy.make({});
  };
}

/** Wrong in ways that the API server lets pass. */
async function applyBadObjects({ cluster }: SuiteContext, { namespace, gateway, service }: FaultSite): Promise<void> {
  const hostname = 'bad.example.com';
  const route = (name: string, rule: object): KubeObject => {
    const good = routeObject({ kind: 'HTTPRoute', namespace, name, gateway, hostname, service, port: httpPort });
    return { ...good, spec: { ...(good.spec as object), rules: [rule] } };
  };
  await cluster.api.applyAll([
    route('bad-expression', { matches: [{ path: { type: 'RegularExpression', value: '/(unclosed' } }] }),
    route('no-such-service', { backendRefs: [{ name: 'nothing', port: 80 }] }),
    route('no-such-filter', {
      filters: [{ type: 'ExtensionRef', extensionRef: { group: 'a.b', kind: 'C', name: 'd' } }],
    }),
    routeObject({
      kind: 'GRPCRoute',
      namespace,
      name: 'no-such-gateway',
      gateway: 'nothing',
      hostname,
      service,
      port: 1,
    }),
  ]);
}

/** Nearly two megabytes in one route, which is all that an API server can send to etcd, as far as the schema lets it grow: matches of long header values. */
async function applyLargeObject({ cluster }: SuiteContext, { namespace, gateway, service }: FaultSite): Promise<void> {
  const name = 'large';
  const hostname = 'large.example.com';
  const good = routeObject({ kind: 'HTTPRoute', namespace, name, gateway, hostname, service, port: httpPort });
  const matches = Array.from({ length: 64 }, (_, i) => ({
    headers: Array.from({ length: 16 }, (_, j) => ({ name: `x-${i}-${j}`, value: 'v'.repeat(1_850) })),
  }));
  await cluster.api.apply({
    ...good,
    spec: { ...(good.spec as object), rules: [{ matches, backendRefs: [{ name: service, port: httpPort }] }] },
  });
}

/** All that binds the gateway's account to a role, for a while. */
async function takeRights({ cluster }: SuiteContext): Promise<void> {
  const taken: KubeObject[] = [];
  for (const kind of ['ClusterRoleBinding', 'RoleBinding']) {
    const { items } = await cluster.api.list(rbac, kind);
    taken.push(...items.filter(isOfFairlead).map((item) => ({ ...item, apiVersion: rbac, kind })));
  }
  if (taken.length === 0) throw new Error('no binding of the gateway was found');
  for (const binding of taken) await cluster.api.delete(binding);
  await sleep(lastsMs);
  for (const binding of taken) await cluster.api.create(fresh(binding));
}

function isOfFairlead(binding: KubeObject): boolean {
  const subjects = (binding.subjects ?? []) as readonly { kind: string; namespace?: string }[];
  return subjects.some(({ kind, namespace }) => kind === 'ServiceAccount' && namespace === fairleadNamespace);
}

/** As it was written by its author, without what the API server added. */
function fresh({ apiVersion, kind, metadata, roleRef, subjects }: KubeObject): KubeObject {
  const { name, namespace, labels, annotations } = metadata;
  const kept = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return { apiVersion, kind, metadata: kept, roleRef, subjects };
}
