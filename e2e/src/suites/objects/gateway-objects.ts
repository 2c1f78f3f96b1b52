import { type Cluster, eventually } from '../../cluster/cluster.ts';
import type { Condition, KubeObject } from '../../cluster/kube-object.ts';

const gatewayApi = 'gateway.networking.k8s.io/v1';
export const gatewayClass = 'fairlead';

export interface ListenerOptions {
  readonly name: string;
  readonly port: number;
}

/** A Gateway with plain HTTP listeners, open to routes of its own namespace. */
export function gatewayObject(namespace: string, name: string, listeners: readonly ListenerOptions[]): KubeObject {
  return {
    apiVersion: gatewayApi,
    kind: 'Gateway',
    metadata: { namespace, name },
    spec: {
      gatewayClassName: gatewayClass,
      listeners: listeners.map(({ name, port }) => ({ name, port, protocol: 'HTTP' })),
    },
  };
}

export interface RouteOptions {
  readonly kind: 'HTTPRoute' | 'GRPCRoute';
  readonly namespace: string;
  readonly name: string;
  readonly gateway: string;
  readonly hostname: string;
  readonly service: string;
  readonly port: number;
}

/** Everything of one hostname to one Service. */
export function routeObject({ kind, namespace, name, gateway, hostname, service, port }: RouteOptions): KubeObject {
  const rules = [{ backendRefs: [{ name: service, port }] }];
  const spec = { parentRefs: [{ name: gateway }], hostnames: [hostname], rules };
  return { apiVersion: gatewayApi, kind, metadata: { namespace, name }, spec };
}

interface GatewayStatus {
  readonly addresses?: readonly { readonly value: string }[];
  readonly conditions?: readonly Condition[];
  readonly listeners?: readonly { readonly name: string; readonly attachedRoutes: number }[];
}

export async function gatewayStatus(cluster: Cluster, namespace: string, name: string): Promise<GatewayStatus> {
  const gateway = await cluster.api.get(gatewayApi, 'Gateway', namespace, name);
  return (gateway?.status ?? {}) as GatewayStatus;
}

/** Its first address, once it is Programmed. Throws with its conditions when it does not become that. */
export async function programmedAddress(cluster: Cluster, namespace: string, name: string): Promise<string> {
  let seen: GatewayStatus = {};
  try {
    return await eventually(`Gateway ${namespace}/${name} to be Programmed`, 60_000, async () => {
      seen = await gatewayStatus(cluster, namespace, name);
      const programmed = seen.conditions?.some(({ type, status }) => type === 'Programmed' && status === 'True');
      return programmed ? (seen.addresses?.[0]?.value ?? null) : null;
    });
  } catch (error) {
    throw new Error(`${(error as Error).message}; its conditions: ${conditionsText(seen.conditions ?? [])}`);
  }
}

function conditionsText(conditions: readonly Condition[]): string {
  return conditions.map(({ type, status, reason }) => `${type}=${status} (${reason})`).join(', ') || 'none';
}
