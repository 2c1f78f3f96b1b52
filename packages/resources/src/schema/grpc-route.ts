import { grpcFilters } from './filters.ts';
import { namedMatches } from './http-route.ts';
import { hostname, subdomainName } from './patterns.ts';
import { backendReferenceWith, parentReferences } from './references.ts';
import { atMostMatches, uniqueRuleNames } from './route-rules.ts';
import type { Report } from './schema-problem.ts';
import { sessionPersistence } from './session-persistence.ts';
import { integer, list, type ObjectShape, object, oneOf, text } from './shape.ts';

const method: ObjectShape = object(
  {},
  {
    type: oneOf('Exact', 'RegularExpression'),
    service: text({ maxLength: 1_024 }),
    method: text({ maxLength: 1_024 }),
  },
  checkMethod,
);

interface Method {
  readonly type?: string;
  readonly service?: string;
  readonly method?: string;
}

function checkMethod({ type = 'Exact', service, method }: Method, report: Report): void {
  if (service === undefined && method === undefined) report([], 'must name a service, a method or both');
  if (type !== 'Exact') return;
  if (service !== undefined && !/^\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*$/i.test(service)) {
    report(
      ['service'],
      `must be the full name of a gRPC service such as shop.v1.Orders, not ${JSON.stringify(service)}`,
    );
  }
  if (method !== undefined && !/^[A-Za-z_][A-Za-z_0-9]*$/.test(method)) {
    report(['method'], `must be the name of a gRPC method such as PlaceOrder, not ${JSON.stringify(method)}`);
  }
}

const rule: ObjectShape = object(
  {},
  {
    name: subdomainName,
    matches: list(object({}, { method, headers: namedMatches(text({ minLength: 1, maxLength: 4_096 })) }), {
      maxItems: 64,
    }),
    filters: grpcFilters,
    backendRefs: list(backendReferenceWith({ weight: integer(0, 1_000_000), filters: grpcFilters }), { maxItems: 16 }),
    sessionPersistence,
  },
);

export const grpcRouteSpec: ObjectShape = object(
  {},
  {
    parentRefs: parentReferences,
    useDefaultGateways: oneOf('All', 'None'),
    hostnames: list(hostname, { maxItems: 16 }),
    rules: list(rule, { maxItems: 16, rules: [uniqueRuleNames, atMostMatches(0)] }),
  },
);
