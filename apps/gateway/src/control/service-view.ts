import type { ServiceView } from '@fairlead/kube';
import type { ClusterState, Gateway } from '@fairlead/resources';
import { indexListenerSets, refuseGateway } from '@fairlead/routing';
import { controllerName } from './compile-defaults.ts';

/**
 * Which Gateways get Services. `existing`: keys of all that there are, readable or not. An address is not given up for a mistake: a Gateway
 * that can't be read, is refused, or whose class is missing or refused keeps what it has.
 */
export function toServiceView(state: ClusterState, existing: Iterable<string>): ServiceView {
  const gateways = new Map<string, Gateway>();
  const undecided = new Set(existing);
  for (const [key, gateway] of state.gateways) {
    const gatewayClass = state.gatewayClasses.get(gateway.spec.gatewayClassName);
    const isGoing = gateway.metadata.deletionTimestamp !== undefined;
    if (isGoing || (gatewayClass !== undefined && gatewayClass.spec.controllerName !== controllerName)) {
      undecided.delete(key);
    } else if (gatewayClass?.spec.parametersRef === undefined && gatewayClass && refuseGateway(gateway) === null) {
      undecided.delete(key);
      gateways.set(key, gateway);
    }
  }
  return { gateways: withListenerSets(gateways, state), undecided, services: state.services };
}

/** Ports of ListenerSets are ports of their Gateway. */
function withListenerSets(gateways: ReadonlyMap<string, Gateway>, state: ClusterState): ReadonlyMap<string, Gateway> {
  if (state.listenerSets.size === 0) return gateways;
  const all = new Map(gateways);
  for (const [key, sets] of indexListenerSets(state.listenerSets, gateways, state.namespaces)) {
    const gateway = gateways.get(key)!;
    const added = sets.flatMap(({ set, allowed }) => (allowed ? set.spec.listeners : []));
    all.set(key, { ...gateway, spec: { ...gateway.spec, listeners: [...gateway.spec.listeners, ...added] } });
  }
  return all;
}
