import { clientTrafficFields } from './client-traffic-fields.ts';
import { placedFields, readPolicyValue } from './policy-values.ts';
import type { SchemaPath } from './schema-problem.ts';

/** The settings that a policy sets, by name and group as `ClientPolicy` has them, and what is wrong with others. */
export interface ClientTrafficSettings {
  readonly settings: Readonly<Record<string, unknown>>;
  /** `path` below `spec`. */
  readonly problems: readonly { readonly path: SchemaPath; readonly message: string }[];
}

const placed = placedFields(clientTrafficFields);

/** Reads the `spec` of a ClientTrafficPolicy, whatever it holds. */
export function readClientTraffic(spec: unknown): ClientTrafficSettings {
  const settings: Record<string, unknown> = {};
  const problems: { path: SchemaPath; message: string }[] = [];
  for (const { path, field } of placed) {
    const raw = memberAt(spec, path);
    if (raw === undefined) continue;
    const read = readPolicyValue(raw, field.value);
    if ('error' in read) problems.push({ path: [...path, ...read.path], message: read.error });
    else put(settings, field.setting, read.value);
  }
  problems.push(...findContradictions(settings));
  return { settings, problems };
}

function findContradictions(settings: Record<string, unknown>): ClientTrafficSettings['problems'] {
  const { streamWindowBytes, maxStreamWindowBytes } = (settings.http2 ?? {}) as Record<string, number | undefined>;
  if (streamWindowBytes === undefined || maxStreamWindowBytes === undefined) return [];
  if (streamWindowBytes <= maxStreamWindowBytes) return [];
  const message = 'must not be less than initialStreamWindowSize';
  return [{ path: ['http2', 'maxStreamWindowSize'], message }];
}

function memberAt(spec: unknown, path: readonly string[]): unknown {
  let at = spec;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string, unknown>)[step];
  }
  return at;
}

function put(settings: Record<string, unknown>, name: string, value: unknown): void {
  const [first, second] = name.split('.') as [string, string?];
  if (second === undefined) settings[first] = value;
  else settings[first] = { ...(settings[first] as object | undefined), [second]: value };
}
