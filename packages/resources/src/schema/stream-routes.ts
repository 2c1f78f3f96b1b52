import { hostname, subdomainName } from './patterns.ts';
import { backendReferenceWith, parentReferences } from './references.ts';
import { type Fields, integer, list, type ObjectShape, object, oneOf } from './shape.ts';

const rules: Fields = {
  rules: list(
    object(
      { backendRefs: list(backendReferenceWith({ weight: integer(0, 1_000_000) }), { minItems: 1, maxItems: 16 }) },
      { name: subdomainName },
    ),
    { minItems: 1, maxItems: 16 },
  ),
};

const shared: Fields = { parentRefs: parentReferences, useDefaultGateways: oneOf('All', 'None') };

/** Of TCPRoutes and UDPRoutes. `rules` may have one entry only since v1.6. */
export const streamRouteSpec: ObjectShape = object(rules, shared);

/** `hostnames` is required since v1. */
export const tlsRouteSpec: ObjectShape = object(rules, {
  ...shared,
  hostnames: list(hostname, { minItems: 1, maxItems: 1_024 }),
});
