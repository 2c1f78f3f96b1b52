import type { Gateway } from '@fairlead/resources';
import type { CompileOptions, GatewayPlacement } from './compile-options.ts';
import type { Lookups } from './graph.ts';
import { parseIp } from './ip-address.ts';
import type { Finding } from './problems.ts';
import type { Reads } from './reads.ts';
import { isSame } from './same.ts';

/** What a cluster says about where one Gateway is. */
export interface Place {
  /** Undefined before there is a Service for it. */
  readonly placement: GatewayPlacement | undefined;
  /** Internal ports by listener port. */
  readonly bindPorts: ReadonlyMap<number, number>;
}

/** Null outside of clusters. */
export function placeOf(key: string, options: CompileOptions, reads: Reads<Lookups>): Place | null {
  if (options.placements === undefined) return null;
  const placement = reads.get('placements', key);
  return { placement, bindPorts: new Map(placement?.ports.map(({ port, bindPort }) => [port, bindPort])) };
}

/** Addresses that the Gateway asks for and the load balancer has not given. */
export function findMissingAddresses(gateway: Gateway, { placement }: Place): readonly Finding[] {
  const given = (placement?.addresses ?? []).map(({ value }) => parseIp(value ?? ''));
  return (gateway.spec.addresses ?? []).flatMap(({ type = 'IPAddress', value }, i) => {
    const asked = type === 'IPAddress' && value ? parseIp(value) : null;
    if (asked === null || given.some((address) => isSame(address, asked))) return [];
    const message = `the load balancer has not given "${value}"; it must be free and in its pool`;
    return [{ path: ['spec', 'addresses', i, 'value'], reason: 'AddressNotUsable', message }];
  });
}

/** Why a Gateway all of whose own is in order is not to be had yet; null when it is. */
export function findPending({ placement }: Place): Pick<Finding, 'reason' | 'message'> | null {
  if (placement === undefined) return { reason: 'Pending', message: 'its Service is not there yet' };
  if (placement.addresses.length === 0) {
    return { reason: 'AddressNotAssigned', message: 'the load balancer has not given an address to its Service yet' };
  }
  return placement.pending === null ? null : { reason: 'Pending', message: placement.pending };
}
