import { corsOrigin, headerName, headerValue, pathCharacters, preciseHostname } from './patterns.ts';
import { backendReference, localReference, port } from './references.ts';
import type { Report } from './schema-problem.ts';
import {
  boolean,
  type Fields,
  integer,
  type ListShape,
  list,
  type ObjectShape,
  object,
  oneOf,
  type Rule,
  text,
} from './shape.ts';

const headers: ListShape = list(object({ name: headerName, value: headerValue }, {}), {
  maxItems: 16,
  uniqueBy: ['name'],
});
const names: ListShape = list(text(), { maxItems: 16, uniqueBy: [] });

const headerModifier: ObjectShape = object({}, { set: headers, add: headers, remove: names });

const fraction: ObjectShape = object({ numerator: integer(0) }, { denominator: integer(1) }, checkFraction);

function checkFraction(
  { numerator, denominator = 100 }: { numerator: number; denominator?: number },
  report: Report,
): void {
  if (numerator > denominator) report(['numerator'], `must not be greater than the denominator, ${denominator}`);
}

const requestMirror: ObjectShape = object(
  { backendRef: backendReference },
  { percent: integer(0, 100), fraction },
  (value: object, report) => {
    if ('percent' in value && 'fraction' in value)
      report(['fraction'], 'must not be set together with percent; keep one of them');
  },
);

const pathModifier: ObjectShape = object(
  { type: oneOf('ReplaceFullPath', 'ReplacePrefixMatch') },
  { replaceFullPath: text({ maxLength: 1_024 }), replacePrefixMatch: text({ maxLength: 1_024 }) },
  memberOfType('type', [
    ['ReplaceFullPath', 'replaceFullPath'],
    ['ReplacePrefixMatch', 'replacePrefixMatch'],
  ]),
);

const requestRedirect: ObjectShape = object(
  {},
  {
    scheme: oneOf('http', 'https'),
    hostname: preciseHostname,
    path: pathModifier,
    port,
    statusCode: { ...integer(301, 308), oneOf: [301, 302, 303, 307, 308] },
  },
);

const urlRewrite: ObjectShape = object({}, { hostname: preciseHostname, path: pathModifier });

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'] as const;
export const method: ReturnType<typeof oneOf> = oneOf(...methods);

function starAlone(values: readonly string[], report: Report): void {
  if (values.length > 1 && values.includes('*'))
    report([values.indexOf('*')], 'must stand alone: "*" already allows everything');
}

const cors: ObjectShape = object(
  {},
  {
    allowOrigins: list(corsOrigin, { maxItems: 64, uniqueBy: [], rules: [starAlone] }),
    allowCredentials: boolean,
    allowMethods: list(oneOf(...methods, '*'), { maxItems: 9, uniqueBy: [], rules: [starAlone] }),
    allowHeaders: list(headerName, { maxItems: 64, uniqueBy: [], rules: [starAlone] }),
    exposeHeaders: list(headerName, { maxItems: 64, uniqueBy: [] }),
    maxAge: integer(1),
  },
);

const allowed: ListShape = list(text(), { maxItems: 64, uniqueBy: [] });

export const externalAuth: ObjectShape = object(
  { protocol: oneOf('HTTP', 'GRPC'), backendRef: backendReference },
  {
    forwardBody: object({}, { maxSize: integer(0) }),
    grpc: object({}, { allowedHeaders: allowed }),
    http: object(
      {},
      {
        allowedHeaders: allowed,
        allowedResponseHeaders: allowed,
        path: text({ maxLength: 1_024, pattern: pathCharacters }),
      },
    ),
  },
  memberOfType('protocol', [
    ['GRPC', 'grpc'],
    ['HTTP', 'http'],
  ]),
);

/** Of each type of filter, the field that configures it. */
type Members = readonly (readonly [type: string, member: string])[];

const modifiers: Members = [
  ['RequestHeaderModifier', 'requestHeaderModifier'],
  ['ResponseHeaderModifier', 'responseHeaderModifier'],
  ['RequestMirror', 'requestMirror'],
  ['ExtensionRef', 'extensionRef'],
];
const httpMembers: Members = [
  ...modifiers,
  ['RequestRedirect', 'requestRedirect'],
  ['URLRewrite', 'urlRewrite'],
  ['CORS', 'cors'],
  ['ExternalAuth', 'externalAuth'],
];

const modifierFields: Fields = {
  requestHeaderModifier: headerModifier,
  responseHeaderModifier: headerModifier,
  requestMirror,
  extensionRef: localReference,
};

export const httpFilters: ListShape = filterList(
  httpMembers,
  { ...modifierFields, requestRedirect, urlRewrite, cors, externalAuth },
  ['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestRedirect', 'URLRewrite', 'CORS'],
  (filters, report) => {
    const rewrite = filters.findIndex(({ type }) => type === 'URLRewrite');
    if (rewrite < 0 || !filters.some(({ type }) => type === 'RequestRedirect')) return;
    report(
      [rewrite, 'type'],
      "URLRewrite can't be used together with RequestRedirect: a redirected request goes nowhere else",
    );
  },
);

export const grpcFilters: ListShape = filterList(modifiers, modifierFields, [
  'RequestHeaderModifier',
  'ResponseHeaderModifier',
]);

interface Filter {
  readonly type: string;
}

function filterList(
  members: Members,
  fields: Fields,
  single: readonly string[],
  ...rules: readonly ((filters: readonly Filter[], report: Report) => void)[]
): ListShape {
  const filter = object({ type: oneOf(...members.map(([type]) => type)) }, fields, memberOfType('type', members));
  return list(filter, { maxItems: 16, rules: [notRepeated(single), ...rules] });
}

function notRepeated(types: readonly string[]): Rule {
  return (filters: readonly Filter[], report) => {
    for (const [i, { type }] of filters.entries()) {
      const first = filters.findIndex((filter) => filter.type === type);
      if (first < i && types.includes(type))
        report([i, 'type'], `${type} can't be repeated; entry ${first} is one already`);
    }
  };
}

/** The member that the value of `selector` calls for must be there, and no other. */
export function memberOfType(selector: string, members: Members): Rule {
  return (value: Readonly<Record<string, unknown>>, report) => {
    for (const [type, member] of members) {
      const wanted = value[selector] === type;
      if (wanted && value[member] === undefined) report([member], `is required with ${selector} ${type}`);
      if (!wanted && value[member] !== undefined)
        report([member], `must not be set with ${selector} ${value[selector]}, only with ${type}`);
    }
  };
}
