import type {
  Condition,
  GatewayClassStatus,
  GatewayStatus,
  KnownKind,
  ListenerSetStatus,
  PolicyStatus,
  RouteStatus,
  Statuses,
} from '@fairlead/resources';
import {
  changedFields,
  type EntryShape,
  type MergeContext,
  mergeConditions,
  mergeEntries,
  mergeListeners,
} from './status-merge.ts';

/** The status of an object of any kind, as the compiler wants it. */
export type WantedStatus = GatewayClassStatus | GatewayStatus | ListenerSetStatus | RouteStatus | PolicyStatus;

/** Where the statuses of one kind stand in what the compiler wants. */
export interface StatusTable {
  readonly kind: KnownKind;
  readonly name: keyof Statuses;
  /** The list of a status in which every controller has entries of its own; null when an object has but one controller. */
  readonly entries: EntryShape | null;
}

/** "A maximum of 32 Gateways will be represented in this list." */
const parents: EntryShape = { list: 'parents', refField: 'parentRef', max: 32 };
/** "A maximum of 16 ancestors will be represented in this list." */
const ancestors: EntryShape = { list: 'ancestors', refField: 'ancestorRef', max: 16 };

/** In the order in which they are written: the fewest, and the most waited for, first. */
export const statusTables: readonly StatusTable[] = [
  { kind: 'GatewayClass', name: 'gatewayClasses', entries: null },
  { kind: 'Gateway', name: 'gateways', entries: null },
  { kind: 'ListenerSet', name: 'listenerSets', entries: null },
  { kind: 'HTTPRoute', name: 'httpRoutes', entries: parents },
  { kind: 'GRPCRoute', name: 'grpcRoutes', entries: parents },
  { kind: 'TLSRoute', name: 'tlsRoutes', entries: parents },
  { kind: 'TCPRoute', name: 'tcpRoutes', entries: parents },
  { kind: 'UDPRoute', name: 'udpRoutes', entries: parents },
  { kind: 'BackendTLSPolicy', name: 'backendTlsPolicies', entries: ancestors },
  { kind: 'ClientTrafficPolicy', name: 'clientTrafficPolicies', entries: ancestors },
];

type Fields = Readonly<Record<string, unknown>>;

/** The fields to write over the status that is there; null when that says the same. */
export function mergeStatus(wanted: WantedStatus, there: Fields, context: MergeContext): Fields | null {
  return changedFields(merged(wanted, there, context), there);
}

/** What to write over a status that is not ours to give any more; null when nothing in it is ours. */
export function withdrawStatus({ entries }: StatusTable, there: Fields, context: MergeContext): Fields | null {
  if (entries === null) return null;
  return changedFields({ [entries.list]: mergeEntries([], listOf(there[entries.list]), entries, context) }, there);
}

/** The generation that the compiler saw; null when the status does not tell. */
export function generationOf(wanted: WantedStatus): number | null {
  return conditionsOf(wanted)[0]?.observedGeneration ?? null;
}

function conditionsOf(wanted: WantedStatus): readonly Condition[] {
  if ('parents' in wanted) return wanted.parents[0]?.conditions ?? [];
  if ('ancestors' in wanted) return wanted.ancestors[0]?.conditions ?? [];
  return wanted.conditions;
}

function merged(wanted: WantedStatus, there: Fields, context: MergeContext): Fields {
  if ('parents' in wanted) {
    const entries = wanted.parents.map(({ parentRef: ref, conditions }) => ({ ref, conditions }));
    return { parents: mergeEntries(entries, listOf(there.parents), parents, context) };
  }
  if ('ancestors' in wanted) {
    const entries = wanted.ancestors.map(({ ancestorRef: ref, conditions }) => ({ ref, conditions }));
    return { ancestors: mergeEntries(entries, listOf(there.ancestors), ancestors, context) };
  }
  const conditions = mergeConditions(wanted.conditions, listOf(there.conditions), context);
  if (!('listeners' in wanted)) return { ...wanted, conditions };
  const listeners = mergeListeners(wanted.listeners, listOf(there.listeners), context);
  // A count that nobody keeps any more.
  const counted = 'attachedListenerSets' in there ? { attachedListenerSets: 0 } : {};
  return { ...counted, ...wanted, conditions, listeners };
}

/** The server has seen to it that what is there has the form of its CRD. */
function listOf<T>(value: unknown): readonly T[] {
  return Array.isArray(value) ? value : [];
}
