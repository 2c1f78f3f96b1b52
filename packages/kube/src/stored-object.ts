import {
  checkManifest,
  type EndpointConditions,
  type EndpointSlice,
  type KnownKind,
  type KubeObject,
  pruneUnknown,
  type SchemaProblem,
  type SliceEndpoint,
  withoutNulls,
} from '@fairlead/resources';
import { jsonEqual } from './json-equal.ts';
import type { KindResource } from './kind-resource.ts';
import type { RawObject } from './raw-object.ts';
import type { Versioned } from './reflector.ts';

/** What is kept of an object of the API server. */
export interface StoredObject extends Versioned {
  readonly uid: string;
  /** 0 for kinds that do not count. */
  readonly generation: number;
  /**
   * As `ClusterState` has it: without status, managedFields and resourceVersion, so that it keeps its identity when only those change. When
   * the object is bad it is the last good one of the same uid; null when there is none.
   */
  readonly object: KubeObject | null;
  /** As the server has it; undefined for kinds whose status nobody here reads, and when there is none. */
  readonly status: unknown;
  /** Why the object is bad. */
  readonly problems: readonly SchemaProblem[];
}

/** Reads objects of one kind. */
export type ReadObject = (raw: RawObject, before: StoredObject | undefined) => StoredObject;

/**
 * `version`: the one that was asked for; lists of built-in kinds do not repeat it.
 *
 * Objects of CRDs are checked as manifests are: the cluster's CRDs may be of any version, and what does not look as the types say would break
 * the compiler. Fields that are not known are dropped first. Kubernetes' own kinds are vouched for by the server.
 */
export function objectReader(resource: KindResource, version: string): ReadObject {
  const { kind, group } = resource;
  const header = { apiVersion: group === '' ? version : `${group}/${version}`, kind };
  const isBuiltIn = group === '' || group === 'discovery.k8s.io';
  return (raw, before) => {
    const all: Fields = { ...raw, ...header, metadata: trimMetadata(raw.metadata, kind) };
    const { status, ...rest } = all;
    const { uid = '', resourceVersion, generation } = raw.metadata;
    const manifest = kind === 'EndpointSlice' ? trimSlice(rest) : withoutNulls(rest);
    const known = isBuiltIn ? manifest : pruneUnknown(manifest, kind);
    const errors = isBuiltIn ? none : checkManifest(known).filter(({ severity }) => severity === 'error');
    const past = before?.uid === uid ? before : undefined;
    const object = errors.length > 0 ? (past?.object ?? null) : keep(past?.object ?? undefined, known as KubeObject);
    return {
      resourceVersion,
      uid,
      generation: typeof generation === 'number' ? generation : 0,
      object,
      status: keepsStatus(kind) ? keep(past?.status, status ?? undefined) : undefined,
      problems: errors,
    };
  };
}

const none: readonly SchemaProblem[] = [];

/** What says the same stays the same object. */
function keep<T>(before: T | undefined, after: T): T {
  return before !== undefined && jsonEqual(before, after) ? before : after;
}

type Fields = Readonly<Record<string, unknown>>;

function keepsStatus(kind: KnownKind): boolean {
  return kind !== 'EndpointSlice' && kind !== 'Namespace' && kind !== 'Secret' && kind !== 'ConfigMap';
}

/** The manifest that kubectl applied stands in an annotation, as large as the object itself. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const keptMetadata = ['name', 'namespace', 'uid', 'generation', 'creationTimestamp', 'deletionTimestamp', 'labels'];

function trimMetadata(metadata: RawObject['metadata'], kind: KnownKind): Fields {
  if (kind === 'EndpointSlice') return trimSliceMetadata(metadata);
  const kept: Record<string, unknown> = {};
  for (const field of keptMetadata) if (metadata[field] !== undefined) kept[field] = metadata[field];
  const { [lastApplied]: _, ...annotations } = metadata.annotations ?? {};
  if (Object.keys(annotations).length > 0) kept.annotations = annotations;
  return kept;
}

const serviceLabel = 'kubernetes.io/service-name';

function trimSliceMetadata({ name, namespace, labels }: RawObject['metadata']): Fields {
  const service = (labels as Fields | undefined)?.[serviceLabel];
  return { name, namespace, ...(service === undefined ? {} : { labels: { [serviceLabel]: service } }) };
}

/** There may be ten thousand slices with hundreds of endpoints: only what is read of them, and equal parts shared. */
function trimSlice(rest: Fields): EndpointSlice {
  const { apiVersion, kind, metadata, addressType, ports, endpoints } = rest as Fields & EndpointSlice;
  return {
    apiVersion,
    kind,
    metadata,
    addressType,
    ports: withoutNulls(ports ?? []) as NonNullable<EndpointSlice['ports']>,
    endpoints: (endpoints ?? []).map(trimEndpoint),
  };
}

function trimEndpoint({ addresses, conditions, zone }: SliceEndpoint): SliceEndpoint {
  return { addresses, conditions: shareConditions(conditions), ...(zone ? { zone } : {}) };
}

const sharedConditions = new Map<string, EndpointConditions>();

/** There are 27 of them at most. */
function shareConditions(conditions: EndpointConditions | undefined): EndpointConditions {
  const { ready, serving, terminating } = conditions ?? {};
  const name = `${ready ?? ''} ${serving ?? ''} ${terminating ?? ''}`;
  let shared = sharedConditions.get(name);
  if (shared === undefined) {
    shared = withoutNulls({
      ready: ready ?? null,
      serving: serving ?? null,
      terminating: terminating ?? null,
    }) as object;
    sharedConditions.set(name, shared);
  }
  return shared;
}
