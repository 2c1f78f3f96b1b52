import type { ClusterState, RouteStatus, StreamBackendRef, TcpRoute, TlsRoute, UdpRoute } from '@fairlead/resources';
import { findPort, resolveService } from './backends.ts';
import type { Lookups } from './graph.ts';
import { type ConditionProblem, type FieldPath, type Finding, toProblem } from './problems.ts';
import { type BuiltNodes, findUnchanged, type Reads, rebuild, type TablesOf } from './reads.ts';
import { findParents } from './route-parents.ts';
import { writeRouteStatus } from './route-status.ts';

/**
 * Routes of connections and datagrams. No listener takes them yet: listeners for TLS, TCP and UDP are not supported, and those for HTTP carry
 * HTTPRoutes and GRPCRoutes only. Their parents are told so, and what else is wrong with them.
 */
interface StreamRouteNode {
  readonly status: RouteStatus;
  readonly problems: readonly ConditionProblem[];
}

type StreamRoute = TlsRoute | TcpRoute | UdpRoute;

/** By the name of their table in `ClusterState`. */
export interface StreamRoutes {
  readonly tlsRoutes: BuiltNodes<TlsRoute, StreamRouteNode, Lookups>;
  readonly tcpRoutes: BuiltNodes<TcpRoute, StreamRouteNode, Lookups>;
  readonly udpRoutes: BuiltNodes<UdpRoute, StreamRouteNode, Lookups>;
}

export const noStreamRoutes: StreamRoutes = { tlsRoutes: new Map(), tcpRoutes: new Map(), udpRoutes: new Map() };

export function buildStreamRoutes(
  state: ClusterState,
  tables: TablesOf<Lookups>,
  before: StreamRoutes,
  beforeTables: TablesOf<Lookups>,
  controllerName: string,
): StreamRoutes {
  const unchanged = findUnchanged(beforeTables, tables);
  const build = <Route extends StreamRoute>(
    kind: StreamKind,
    sources: ReadonlyMap<string, Route>,
    previous: BuiltNodes<Route, StreamRouteNode, Lookups>,
  ): BuiltNodes<Route, StreamRouteNode, Lookups> =>
    rebuild({
      sources,
      tables,
      unchanged,
      previous,
      build: (_, route, reads) => buildStreamRoute(kind, route, controllerName, reads),
    });
  return {
    tlsRoutes: build('TLSRoute', state.tlsRoutes, before.tlsRoutes),
    tcpRoutes: build('TCPRoute', state.tcpRoutes, before.tcpRoutes),
    udpRoutes: build('UDPRoute', state.udpRoutes, before.udpRoutes),
  };
}

type StreamKind = 'TLSRoute' | 'TCPRoute' | 'UDPRoute';

function buildStreamRoute(
  kind: StreamKind,
  { metadata, spec }: StreamRoute,
  controllerName: string,
  reads: Reads<Lookups>,
): StreamRouteNode {
  const { namespace = '', name, generation = 0 } = metadata;
  const hostnames = 'hostnames' in spec ? (spec.hostnames ?? []).map((hostname) => hostname.toLowerCase()) : [];
  const { attachments, strays } = findParents({ kind, namespace, hostnames }, spec.parentRefs ?? [], reads);
  const unresolved = spec.rules.flatMap(({ backendRefs = [] }, rule) =>
    backendRefs.flatMap((ref, i) => {
      const path = ['spec', 'rules', rule, 'backendRefs', i];
      return findUnresolved(ref, path, { kind, namespace }, reads) ?? [];
    }),
  );
  const refusals = attachments.flatMap(({ refused }) => refused ?? []);
  return {
    status: writeRouteStatus(attachments, {
      generation,
      controllerName,
      refused: null,
      remark: '',
      dropped: [],
      unresolved,
    }),
    problems: [...refusals, ...strays, ...unresolved].map((finding) => toProblem({ kind, namespace, name }, finding)),
  };
}

function findUnresolved(
  ref: StreamBackendRef,
  path: FieldPath,
  from: { readonly kind: StreamKind; readonly namespace: string },
  reads: Reads<Lookups>,
): Finding | null {
  const { key, service, finding } = resolveService(ref, path, from, reads);
  if (service === null) return finding;
  const wanted = from.kind === 'UDPRoute' ? 'UDP' : 'TCP';
  const port = findPort(service, ref.port, wanted);
  if (port === undefined) {
    return { path, reason: 'BackendNotFound', message: `Service "${key}" has no port ${ref.port}` };
  }
  const { protocol = 'TCP' } = port;
  if (protocol === wanted) return null;
  const message = `Service "${key}", port ${ref.port}: protocol ${protocol} can't be sent to by a ${from.kind}`;
  return { path, reason: 'UnsupportedProtocol', message };
}
