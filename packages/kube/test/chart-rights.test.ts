import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ChartObject, findTool, renderChart } from '@fairlead/e2e';
import { type KnownKind, kinds } from '@fairlead/resources';
import { describe, expect, it } from 'vitest';
import type { KubeApi } from '../src/index.ts';
import { kindResource, watchedResources } from '../src/kind-resource.ts';
import { statusTables } from '../src/status-table.ts';

type Call = Exclude<keyof KubeApi, symbol>;

/** What RBAC asks for; applying makes what is not there. Which versions are served, everybody may ask. */
const verbsOf: Readonly<Record<Call, readonly string[]>> = {
  get: ['get'],
  list: ['list'],
  watch: ['watch'],
  create: ['create'],
  update: ['update'],
  mergePatch: ['patch'],
  applyPatch: ['create', 'patch'],
  delete: ['delete'],
};

/** A list that is kept up to date: `Reflector`. */
const followed = ['list', 'watch'];

/** Verbs of the calls that a file says it makes, in the type of its `api`. */
function callsOf(file: string): readonly string[] {
  const source = readFileSync(join(import.meta.dirname, '../src', file), 'utf8');
  const calls = /\bapi: Pick<KubeApi, ([^>]+)>/.exec(source)![1]!.split(' | ');
  return calls.flatMap((call) => verbsOf[call.slice(1, -1) as Call]);
}

/** `verb group/resource`, sorted. */
function rights(verbs: Iterable<string>, group: string, resource: string): readonly string[] {
  return [...verbs].map((verb) => `${verb} ${group}/${resource}`);
}

function ofKinds(names: readonly KnownKind[], verbs: readonly string[], subresource: string = ''): readonly string[] {
  return names.map(kindResource).flatMap(({ group, plural }) => rights(verbs, group, plural + subresource));
}

interface Role extends ChartObject {
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

interface Binding extends ChartObject {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly { readonly kind: string; readonly name: string; readonly namespace: string }[];
}

const helm = findTool('helm');

/** What the pods may do, by namespace; '' for all of them. */
function granted(values: object = {}): Readonly<Record<string, readonly string[]>> {
  const objects = renderChart(helm!, { values }) as readonly (ChartObject | Binding)[];
  const found: Record<string, string[]> = {};
  for (const binding of objects.filter(({ kind }) => kind.endsWith('Binding')) as Binding[]) {
    expect(binding.subjects).toEqual([{ kind: 'ServiceAccount', name: 'fairlead', namespace: 'fairlead-system' }]);
    const { kind, name } = binding.roleRef;
    const role = objects.find((one) => one.kind === kind && one.metadata.name === name) as Role;
    const where = binding.metadata.namespace ?? '';
    found[where] ??= [];
    for (const { apiGroups, resources, verbs } of role.rules) {
      for (const group of apiGroups) {
        for (const resource of resources) found[where].push(...rights(verbs, group, resource));
      }
    }
  }
  return Object.fromEntries(Object.entries(found).map(([where, list]) => [where, list.sort()]));
}

const watchedKinds = watchedResources.map(({ kind }) => kind);
const read = ofKinds(watchedKinds, followed);
const readReferenced = ofKinds(
  ([...kinds.keys()] as readonly KnownKind[]).filter((kind) => !watchedKinds.includes(kind)),
  followed,
);
const statusCalls = callsOf('status-writer.ts');
const statusKinds = statusTables.map(({ kind }) => kind);
const writeStatuses = [
  ...ofKinds(
    statusKinds,
    statusCalls.filter((verb) => verb === 'get'),
  ),
  ...ofKinds(
    statusKinds,
    statusCalls.filter((verb) => verb !== 'get'),
    '/status',
  ),
];
// Lists of Services are read rights already.
const writeServices = rights(
  callsOf('gateway-services.ts').filter((verb) => verb !== 'list'),
  '',
  'services',
);
const leaseVerbs = new Set([...callsOf('lease.ts'), ...callsOf('replica-presence.ts'), ...followed]);
const writeOwn = [...writeServices, ...rights(leaseVerbs, 'coordination.k8s.io', 'leases')];

if (helm === null)
  it.skip('the rights that the chart grants: there is no helm (e2e/cluster/build.sh builds it)', () => {});

describe.runIf(helm !== null)('the rights that the chart grants', () => {
  it('are those that the calls of this package need, and no others', () => {
    expect(granted()).toEqual({
      '': [...read, ...readReferenced, ...writeStatuses, ...writeServices].sort(),
      'fairlead-system': [...writeOwn].sort(),
    });
  });

  it('reach Secrets and Services of some namespaces only, if wished', () => {
    const inNamespace = [...readReferenced, ...writeServices].sort();
    expect(granted({ rbac: { namespaces: ['blog', 'shop'] } })).toEqual({
      '': [...read, ...writeStatuses].sort(),
      'fairlead-system': [...writeOwn].sort(),
      blog: inNamespace,
      shop: inNamespace,
    });
  });

  it('are none when somebody else grants them', () => {
    expect(granted({ rbac: { create: false } })).toEqual({});
  });
});
