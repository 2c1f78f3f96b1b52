import type { ClusterState, Gateway, Statuses } from '@fairlead/resources';
import { buildPolicy, collectServiceTls, findPolicyLosses } from './backend-tls.ts';
import { findPortLosses } from './binds.ts';
import { buildClientPolicies, findGoverning } from './client-policies.ts';
import { reportClientPolicies } from './client-policy-status.ts';
import { attachPointsOf, type CompileGraph, findChanges, nodesOf, reusableGraph } from './compile-graph.ts';
import type { CompileOptions, GatewayPlacement } from './compile-options.ts';
import { acceptClasses, findClassless, indexClassNames, selectGateways } from './gateway-classes.ts';
import { buildGateway, refuseGateway } from './gateways.ts';
import type { ClientPolicyNode, Lookups } from './graph.ts';
import { updateHosts } from './hosts.ts';
import { findOrphans, indexListenerSets, indexSetNames } from './listener-sets.ts';
import { type ConditionProblem, sortProblems } from './problems.ts';
import { findUnchanged, rebuild, type TablesOf } from './reads.ts';
import { indexGrants } from './references.ts';
import { buildRoutes } from './route-stage.ts';
import { keepMap, keepMaps } from './same.ts';
import { type StatusNodes, writeStatuses } from './statuses.ts';
import { buildStreamRoutes } from './stream-routes.ts';
import type { RouteTable } from './table.ts';
import { assembleTable } from './table-assembly.ts';

/** What a compile gives. */
export interface Compiled {
  readonly table: RouteTable;
  readonly statuses: Statuses;
  /** Sorted by object. */
  readonly problems: readonly ConditionProblem[];
  /** For the next compile only. */
  readonly graph: CompileGraph;
}

/**
 * From resources to the routing table, the statuses of all objects, and what is wrong with them. Given the previous result, builds only what
 * a change reaches; everything that says the same keeps its identity, down to single entries. The result is the same as without.
 */
export function compile(state: ClusterState, options: CompileOptions, previous: Compiled | null): Compiled {
  const before = reusableGraph(previous?.graph, options);
  const classes = acceptClasses(state.gatewayClasses, options.controllerName);
  const ours = selectGateways(state.gateways, classes);

  const clientPolicies = buildClientPolicies(
    state.clientTrafficPolicies,
    before.clientPolicies,
    options.readClientTraffic,
  );
  const base = collectLookups(state, ours, clientPolicies, options, before.tables);
  const gateways = rebuild({
    sources: ours,
    tables: base,
    unchanged: findUnchanged(before.tables, base),
    previous: before.gateways,
    build: (_, gateway, reads, old) => buildGateway(gateway, options, reads, old),
  });
  const policies = rebuild({
    sources: state.backendTlsPolicies,
    tables: base,
    unchanged: findUnchanged(before.tables, base),
    previous: before.policies,
    build: (_, policy, reads) => buildPolicy(policy, options.certificates, reads),
  });
  const tables = {
    ...base,
    attachPoints: keepMap(before.tables.attachPoints, attachPointsOf(nodesOf(gateways))),
    serviceTls: collectServiceTls(nodesOf(policies).values(), before.tables.serviceTls),
  };
  const routes = buildRoutes(state, tables, before, options.controllerName);
  const { httpRoutes, grpcRoutes } = routes;
  const streamRoutes = buildStreamRoutes(state, tables, before.streamRoutes, before.tables, options.controllerName);
  const changes = {
    http: findChanges('HTTPRoute', before.httpRoutes, httpRoutes),
    grpc: findChanges('GRPCRoute', before.grpcRoutes, grpcRoutes),
  };
  const allChanges = changes.grpc.length === 0 ? changes.http : [...changes.http, ...changes.grpc];
  const hosts = updateHosts(before.hosts, allChanges);

  const nodes = {
    classes,
    gateways: nodesOf(gateways),
    policies: nodesOf(policies),
    httpRoutes,
    grpcRoutes,
    streamRoutes,
  };
  const assembled = assembleTable(before.assembled, nodes.gateways.values(), hosts.tables, allChanges);
  const outcome = {
    policies: clientPolicies,
    governing: base.clientPolicies,
    gateways: nodes.gateways,
    gatewayClassNames: base.gatewayClassNames,
    binds: assembled.table.binds,
  };
  const clientReports = reportClientPolicies(outcome, options.controllerName);
  const statuses = writeStatuses(before.statuses, { ...nodes, clientReports }, changes, options.controllerName);
  const orphans = findOrphans(state.listenerSets, state.gateways);
  const classless = findClassless(state.gateways, state.gatewayClasses, classes);
  return {
    table: assembled.table,
    statuses,
    problems: sortProblems([...classless, ...orphans, ...clientReports.problems, ...collectProblems(nodes)]),
    graph: {
      options,
      tables: routes.tables,
      clientPolicies,
      gateways,
      policies,
      httpRoutes,
      grpcRoutes,
      streamRoutes,
      hosts,
      assembled,
      statuses,
    },
  };
}

/** What nodes look up before there are attach points and policies to look up. */
function collectLookups(
  state: ClusterState,
  gateways: ReadonlyMap<string, Gateway>,
  clientPolicies: ReadonlyMap<string, ClientPolicyNode>,
  options: CompileOptions,
  before: TablesOf<Lookups>,
): TablesOf<Lookups> {
  const sets = indexListenerSets(state.listenerSets, gateways, state.namespaces);
  const listenerSets = keepMap(before.listenerSets, sets);
  return {
    services: state.services,
    secrets: state.secrets,
    configMaps: state.configMaps,
    namespaces: state.namespaces,
    grants: indexGrants(state.referenceGrants, before.grants),
    listenerSets,
    listenerSetGateways: keepMap(before.listenerSetGateways, indexSetNames(state.listenerSets)),
    portLosses: keepMap(before.portLosses, findPortLosses(acceptedOnly(gateways), listenerSets, options)),
    bindErrors: options.bindErrors ?? noErrors,
    placements: options.placements ?? noPlacements,
    gatewayClassNames: keepMap(before.gatewayClassNames, indexClassNames(state.gateways)),
    clientPolicies: keepMaps(before.clientPolicies, findGoverning(clientPolicies)),
    policyLosses: keepMap(before.policyLosses, findPolicyLosses(state.backendTlsPolicies)),
    attachPoints: new Map(),
    serviceTls: new Map(),
    kindLosses: before.kindLosses,
  };
}

/** A Gateway that is refused takes no port from others. */
function acceptedOnly(gateways: ReadonlyMap<string, Gateway>): ReadonlyMap<string, Gateway> {
  return new Map([...gateways].filter(([, gateway]) => refuseGateway(gateway) === null));
}

const noErrors: ReadonlyMap<string, string> = new Map();
const noPlacements: ReadonlyMap<string, GatewayPlacement> = new Map();

function collectProblems(nodes: Omit<StatusNodes, 'clientReports'>): readonly ConditionProblem[] {
  const problems: ConditionProblem[] = [];
  for (const table of [nodes.classes, nodes.gateways, nodes.policies]) {
    for (const node of table.values()) problems.push(...node.problems);
  }
  for (const { sets } of nodes.gateways.values()) for (const set of sets) problems.push(...set.problems);
  const { tlsRoutes, tcpRoutes, udpRoutes } = nodes.streamRoutes;
  for (const table of [nodes.httpRoutes, nodes.grpcRoutes, tlsRoutes, tcpRoutes, udpRoutes]) {
    for (const { node } of table.values()) problems.push(...node.problems);
  }
  return problems;
}
