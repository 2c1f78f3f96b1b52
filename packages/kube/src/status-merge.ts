import type { Condition, ListenerStatus, ParentReference } from '@fairlead/resources';
import { jsonEqual } from './json-equal.ts';

/** A condition as the server has it. Those of others may have whatever fields they like. */
interface WrittenCondition extends Condition {
  /** RFC 3339, whole seconds: when `status` last became what it is. */
  readonly lastTransitionTime: string;
}

/** What a status is merged with. */
export interface MergeContext {
  readonly controllerName: string;
  /** Of the object: where a reference without a namespace points. */
  readonly namespace: string;
  /** For conditions that begin to hold now. */
  readonly now: string;
}

/** The types of conditions that are ours to set and to remove, on objects where others may have conditions beside them. */
const ownTypes: ReadonlySet<string> = new Set([
  'Accepted',
  'Programmed',
  'ResolvedRefs',
  'Conflicted',
  'OverlappingTLSConfig',
  'InsecureFrontendValidationMode',
  'fairlead.dev/ClientTrafficPolicyAffected',
]);

/** "maxItems: 8" of every list of conditions. */
const maxConditions = 8;

/**
 * The conditions that are wanted among those that are there: others' stay, untouched and where they are; ours that are no longer wanted go.
 * Only the order that is there counts, so that two writers with different habits do not reorder each other's for ever.
 */
export function mergeConditions(
  wanted: readonly Condition[],
  there: readonly WrittenCondition[],
  { now }: MergeContext,
): readonly WrittenCondition[] {
  const merged: WrittenCondition[] = [];
  const isForeign = ({ type }: Condition): boolean => !wanted.some((one) => one.type === type) && !ownTypes.has(type);
  let room = maxConditions - wanted.length;
  for (const old of there) {
    const next = wanted.find(({ type }) => type === old.type);
    if (next !== undefined) merged.push(dated(next, old, now));
    else if (isForeign(old) && room-- > 0) merged.push(old);
  }
  for (const next of wanted) {
    if (!there.some(({ type }) => type === next.type)) merged.push(dated(next, undefined, now));
  }
  return merged;
}

/** "The last time the condition transitioned from one status to another": a new reason or message is no transition. */
function dated(next: Condition, old: WrittenCondition | undefined, now: string): WrittenCondition {
  const { type, status, reason, message, observedGeneration } = next;
  const lastTransitionTime = old?.status === status ? old.lastTransitionTime : now;
  return { type, status, reason, message, observedGeneration, lastTransitionTime };
}

interface WrittenListener extends ListenerStatus {
  readonly conditions: readonly WrittenCondition[];
}

/** Listeners that are no longer there go, with whatever others said of them. */
export function mergeListeners(
  wanted: readonly ListenerStatus[],
  there: readonly WrittenListener[],
  context: MergeContext,
): readonly WrittenListener[] {
  return wanted.map((listener) => {
    const old = there.find(({ name }) => name === listener.name);
    return { ...listener, conditions: mergeConditions(listener.conditions, old?.conditions ?? [], context) };
  });
}

/** An entry of a route's parents or of a policy's ancestors. */
interface WantedEntry {
  readonly ref: ParentReference;
  readonly conditions: readonly Condition[];
}

/** The same as the server has it; `ref` is `parentRef` or `ancestorRef`. */
interface WrittenEntry {
  readonly controllerName: string;
  readonly conditions: readonly WrittenCondition[];
  readonly [ref: string]: unknown;
}

export interface EntryShape {
  readonly list: 'parents' | 'ancestors';
  readonly refField: 'parentRef' | 'ancestorRef';
  /** Of ours and others' together. */
  readonly max: number;
}

/** Entries of other controllers stay, untouched and where they are; ours follow what is wanted. */
export function mergeEntries(
  wanted: readonly WantedEntry[],
  there: readonly WrittenEntry[],
  { refField, max }: EntryShape,
  context: MergeContext,
): readonly WrittenEntry[] {
  const left = new Map(wanted.map((entry) => [refKey(entry.ref, context), entry]));
  let room = max - there.filter((entry) => entry.controllerName !== context.controllerName).length;
  const merged: WrittenEntry[] = [];
  const add = (key: string, entry: WantedEntry, old: WrittenEntry | undefined): void => {
    left.delete(key);
    if (room-- <= 0) return;
    const conditions = entry.conditions.map((one) =>
      dated(
        one,
        old?.conditions?.find(({ type }) => type === one.type),
        context.now,
      ),
    );
    merged.push({ [refField]: withDefaults(entry.ref), controllerName: context.controllerName, conditions });
  };
  for (const old of there) {
    if (old.controllerName !== context.controllerName) {
      merged.push(old);
      continue;
    }
    const key = refKey(old[refField] as ParentReference, context);
    const entry = left.get(key);
    if (entry !== undefined) add(key, entry, old);
  }
  for (const [key, entry] of [...left]) add(key, entry, undefined);
  return merged;
}

const gatewayGroup = 'gateway.networking.k8s.io';

/** As the server would write it: what is written is to be found again as it was. */
function withDefaults({ group = gatewayGroup, kind = 'Gateway', ...rest }: ParentReference): ParentReference {
  return { group, kind, ...rest };
}

function refKey(ref: ParentReference, { namespace: here }: MergeContext): string {
  const { group, kind, namespace = here, name, sectionName = '', port = '' } = withDefaults(ref);
  return `${group}/${kind}/${namespace}/${name}/${sectionName}/${port}`;
}

/** The fields that would change something; null when none would. An empty list is as good as none. */
export function changedFields(
  wanted: Readonly<Record<string, unknown>>,
  there: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | null {
  const changed = Object.entries(wanted).filter(
    ([name, value]) => !jsonEqual(value, there[name] ?? (Array.isArray(value) ? [] : undefined)),
  );
  return changed.length === 0 ? null : Object.fromEntries(changed);
}
