import { clientTrafficPolicySpec } from './client-traffic-policy.ts';
import { addressType, checkSlice, configMapFields, endpointSliceFields, secretFields, serviceFields } from './core.ts';
import { gatewayClassSpec, gatewaySpec } from './gateway.ts';
import { grpcRouteSpec } from './grpc-route.ts';
import { httpRouteSpec } from './http-route.ts';
import type { KnownKind } from './kinds.ts';
import { listenerSetSpec } from './listener-set.ts';
import { labelMetadata, subdomainMetadata } from './metadata.ts';
import { backendTlsPolicySpec, referenceGrantSpec } from './policies.ts';
import { type Fields, type ObjectShape, object, openObject, text } from './shape.ts';
import { streamRouteSpec, tlsRouteSpec } from './stream-routes.ts';

const header: Fields = { apiVersion: text(), kind: text() };

/** The whole of a manifest, by kind: Gateway API's and ours exactly, Kubernetes' own as far as they are read. */
export const manifestShapes: Readonly<Record<KnownKind, ObjectShape>> = {
  GatewayClass: gatewayApi(gatewayClassSpec),
  Gateway: gatewayApi(gatewaySpec),
  ListenerSet: gatewayApi(listenerSetSpec),
  HTTPRoute: gatewayApi(httpRouteSpec),
  GRPCRoute: gatewayApi(grpcRouteSpec),
  TLSRoute: gatewayApi(tlsRouteSpec),
  TCPRoute: gatewayApi(streamRouteSpec),
  UDPRoute: gatewayApi(streamRouteSpec),
  ReferenceGrant: gatewayApi(referenceGrantSpec),
  BackendTLSPolicy: gatewayApi(backendTlsPolicySpec),
  ClientTrafficPolicy: gatewayApi(clientTrafficPolicySpec),
  Service: openObject({ ...header, metadata: labelMetadata, ...serviceFields }, {}),
  EndpointSlice: openObject({ ...header, metadata: subdomainMetadata, addressType }, endpointSliceFields, checkSlice),
  Namespace: openObject({ ...header, metadata: labelMetadata }, {}),
  Secret: openObject({ ...header, metadata: subdomainMetadata }, secretFields),
  ConfigMap: openObject({ ...header, metadata: subdomainMetadata }, configMapFields),
};

function gatewayApi(spec: ObjectShape): ObjectShape {
  return object({ ...header, metadata: subdomainMetadata, spec }, { status: openObject({}, {}) });
}
