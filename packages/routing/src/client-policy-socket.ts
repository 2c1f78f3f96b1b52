import { compareAge } from './age.ts';
import type { GatewayNode } from './graph.ts';
import { isSame } from './same.ts';
import type { Bind, ClientPolicy, Listener } from './table.ts';

/** A listener on a socket, with the Gateway it belongs to. */
export interface SocketMember {
  readonly gateway: GatewayNode;
  readonly listener: Listener;
}

/**
 * The policy for connections of which no more than their socket is known. Where the listeners that share it have different ones, the one that
 * the oldest Gateway has as a whole decides, or the defaults if it has none: a policy for one listener must not reach beyond it.
 */
export function socketPolicy(members: readonly SocketMember[]): ClientPolicy | null {
  const first = members[0]!.listener.clientPolicy;
  if (members.every(({ listener }) => isSame(listener.clientPolicy, first))) return first;
  return oldestGateway(members.map(({ gateway }) => gateway)).clientPolicies?.get('')?.settings ?? null;
}

export function oldestGateway(gateways: readonly GatewayNode[]): GatewayNode {
  return gateways.reduce((a, b) => (compareAge(a.gateway.metadata, b.gateway.metadata) <= 0 ? a : b));
}

/** The listener's policy says something of connections that does not hold, since the socket has another one. */
export function isOverruled({ clientPolicy }: Listener, bind: Bind): boolean {
  const part = bind.secure ? beforeHandshake : ofConnections;
  return !isSame(part(clientPolicy ?? {}), part(bind.clientPolicy ?? {}));
}

/** By the server name the listener is found, and with it the rest. */
function beforeHandshake({ headTimeoutMs, proxyProtocol, trustedProxies }: ClientPolicy): unknown {
  return [headTimeoutMs, proxyProtocol, (proxyProtocol ?? 'off') === 'off' ? undefined : trustedProxies];
}

/** By the host of a request its listener is found; what concerns the path is decided after that. */
function ofConnections(policy: ClientPolicy): unknown {
  const { encodedSlashes: _, ...rest } = policy;
  return rest;
}
