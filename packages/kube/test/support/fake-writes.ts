import type { FakeCollection, FakeObject } from './fake-cluster.ts';

export interface FakeAnswer {
  readonly status: number;
  readonly body: object;
}

export interface FakeWrite {
  readonly method: string;
  readonly contentType: string;
  readonly namespace: string | null;
  /** Null when the collection is written to. */
  readonly name: string | null;
  readonly subresource: string | null;
  readonly query: URLSearchParams;
  readonly body: FakeObject;
}

/** POST, PUT, PATCH and DELETE as an API server does them, without schemas and without owners of fields. */
export function writeTo(collection: FakeCollection, write: FakeWrite): FakeAnswer {
  const name = write.name ?? write.body.metadata?.name ?? '';
  const key = write.namespace === null ? name : `${write.namespace}/${name}`;
  const before = collection.get(key);
  if (write.method === 'DELETE') return remove(collection, key, before, write.body);
  const isApply = write.contentType.startsWith('application/apply-patch');
  if (write.method === 'POST') {
    if (before !== undefined) return failure(409, 'AlreadyExists', `${name} already exists`);
    return { status: 201, body: collection.put(named(write.body, write.namespace, name)) };
  }
  if (before === undefined) {
    if (!isApply || write.subresource !== null) return failure(404, 'NotFound', `${name} not found`);
    return { status: 201, body: collection.put(named(write.body, write.namespace, name)) };
  }
  const wanted = write.body.metadata?.resourceVersion;
  if (wanted !== undefined && wanted !== before.metadata.resourceVersion) {
    return failure(409, 'Conflict', `the object has been modified; please apply your changes to the latest version`);
  }
  const next = write.method === 'PUT' ? write.body : (merge(before, write.body) as FakeObject);
  const { status, ...rest } = next;
  const { status: statusBefore, ...restBefore } = before;
  const merged =
    write.subresource === 'status'
      ? { ...restBefore, ...(status === undefined ? {} : { status }) }
      : { ...rest, ...(statusBefore === undefined ? {} : { status: statusBefore }) };
  return { status: 200, body: collection.put(named(merged as FakeObject, write.namespace, name)) };
}

export function failure(code: number, reason: string, message: string, more: object = {}): FakeAnswer {
  return {
    status: code,
    body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, ...more },
  };
}

function remove(collection: FakeCollection, key: string, before: FakeObject | undefined, body: object): FakeAnswer {
  if (before === undefined) return failure(404, 'NotFound', `${key} not found`);
  const { preconditions } = body as {
    readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  };
  const { uid, resourceVersion } = before.metadata;
  if ((preconditions?.uid ?? uid) !== uid || (preconditions?.resourceVersion ?? resourceVersion) !== resourceVersion) {
    return failure(409, 'Conflict', 'the precondition does not hold');
  }
  collection.delete(key);
  return { status: 200, body: { kind: 'Status', status: 'Success' } };
}

function named(object: FakeObject, namespace: string | null, name: string): FakeObject {
  return { ...object, metadata: { ...object.metadata, name, ...(namespace === null ? {} : { namespace }) } };
}

/** RFC 7386. Lists are replaced, also by server-side apply: a fake knows no list keys. */
function merge(before: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base = typeof before === 'object' && before !== null && !Array.isArray(before) ? before : {};
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}
