import { Field, type RequestHead, ResponseHead } from '@fairlead/message';
import { fieldValue } from '../field-value.ts';
import type { Cors } from '../table.ts';
import { configuredField } from './configured-field.ts';
import { AllowedOrigins } from './cors-origins.ts';

/** A CORS filter, ready to answer. Null members are left out of answers. */
export interface PreparedCors {
  readonly origins: AllowedOrigins;
  readonly credentials: Field | null;
  readonly methods: PreparedList;
  readonly headers: PreparedList;
  readonly exposed: Field | null;
  readonly maxAge: Field;
}

/** What a preflight is told to be allowed. */
interface PreparedList {
  /** `*`: what the preflight asks for is said back. That is right with credentials too, where a literal `*` would be taken by its word. */
  readonly any: boolean;
  readonly field: Field | null;
}

export function prepareCors(cors: Cors): PreparedCors {
  // "If … `allowCredentials` is set to `true`, the gateway cannot use the `*` in the `Access-Control-Expose-Headers` response header."
  const exposed = cors.allowCredentials ? cors.exposeHeaders.filter((name) => name !== '*') : cors.exposeHeaders;
  return {
    origins: new AllowedOrigins(cors.allowOrigins),
    credentials: cors.allowCredentials ? configuredField('access-control-allow-credentials', 'true') : null,
    methods: prepareList('access-control-allow-methods', cors.allowMethods),
    headers: prepareList('access-control-allow-headers', cors.allowHeaders),
    exposed: listField('access-control-expose-headers', exposed),
    maxAge: configuredField('access-control-max-age', String(cors.maxAgeSeconds)),
  };
}

function prepareList(name: string, values: readonly string[]): PreparedList {
  return { any: values.includes('*'), field: listField(name, values) };
}

function listField(name: string, values: readonly string[]): Field | null {
  return values.length === 0 ? null : configuredField(name, values.join(', '));
}

const anyOrigin = configuredField('access-control-allow-origin', '*');
const varyOrigin = configuredField('vary', 'Origin');
const varyPreflight = configuredField('vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers');

/**
 * The answer to a preflight: 204, without permissions when the origin is not allowed. Null when `head` is no preflight (Fetch §3.2.2: OPTIONS
 * with `Origin` and `Access-Control-Request-Method`); it is forwarded then.
 */
export function corsPreflight(cors: PreparedCors, head: RequestHead): ResponseHead | null {
  if (head.method !== 'OPTIONS') return null;
  const origin = fieldValue(head.fields, 'origin');
  const method = fieldValue(head.fields, 'access-control-request-method');
  if (origin === null || method === null) return null;
  const fields = [varyPreflight];
  if (cors.origins.allow(origin)) {
    fields.push(...originFields(cors, origin), ...allowed(cors.methods, method));
    fields.push(...allowed(cors.headers, fieldValue(head.fields, 'access-control-request-headers')), cors.maxAge);
  }
  return new ResponseHead(204, fields);
}

function allowed({ any, field }: PreparedList, asked: string | null): readonly Field[] {
  if (field === null || (any && asked === null)) return [];
  return [any ? new Field(field.name, asked!) : field];
}

function originFields(cors: PreparedCors, origin: string): readonly Field[] {
  const fields = [cors.origins.any && cors.credentials === null ? anyOrigin : new Field(anyOrigin.name, origin)];
  if (cors.credentials !== null) fields.push(cors.credentials);
  if (cors.exposed !== null) fields.push(cors.exposed);
  return fields;
}

/**
 * What the answer to an actual request has to say, for `addCorsFields`. Asked when the request arrives, before its headers are edited. Says
 * `Vary: Origin` whatever the origin, unless all are told the same.
 */
export function corsFields(cors: PreparedCors, head: RequestHead): readonly Field[] {
  const origin = fieldValue(head.fields, 'origin');
  const fields = cors.origins.any && cors.credentials === null ? [] : [varyOrigin];
  if (origin !== null && cors.origins.allow(origin)) fields.push(...originFields(cors, origin));
  return fields;
}

/** Response fields with those of the filter in place of what the backend says about CORS: two answers would be none to a browser. */
export function addCorsFields(fields: readonly Field[], added: readonly Field[]): Field[] {
  const kept = fields.filter((field) => !answered.has(field.name.name));
  kept.push(...added);
  return kept;
}

const answered: ReadonlySet<string> = new Set([
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'access-control-expose-headers',
  'access-control-max-age',
]);
