/**
 * The kinds and fields Fairlead reads, as the API writes them. Optional members are absent, never null; the schema check at the source sees
 * to that. Defaults of the API are not filled in: readers apply them, so that manifests from a directory and from a cluster mean the same.
 * Sources: Gateway API v1.7.0 `apis/v1`, Kubernetes `core/v1`, `discovery/v1`.
 */

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

export interface ObjectMeta {
  readonly name: string;
  /** Absent on cluster-scoped kinds only; the source puts `default` where a manifest names none. */
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  /** RFC 3339 in UTC with whole seconds, as the API server writes it: sorts by time as text. */
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

// ---- Gateway API: GatewayClass, Gateway ----

export interface GatewayClass extends KubeObject {
  readonly spec: {
    readonly controllerName: string;
    readonly parametersRef?: ParametersReference;
    readonly description?: string;
  };
}

export interface ParametersReference {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

export interface Gateway extends KubeObject {
  readonly spec: GatewaySpec;
}

export interface GatewaySpec {
  readonly gatewayClassName: string;
  readonly listeners: readonly GatewayListener[];
  readonly addresses?: readonly GatewayAddress[];
  readonly infrastructure?: GatewayInfrastructure;
  readonly allowedListeners?: { readonly namespaces?: NamespacesFrom };
  readonly tls?: GatewayTls;
  readonly defaultScope?: 'All' | 'None';
}

export interface GatewayListener {
  readonly name: string;
  readonly hostname?: string;
  readonly port: number;
  /** HTTP, HTTPS, TLS, TCP, UDP or a domain-prefixed one of somebody else. */
  readonly protocol: string;
  readonly tls?: GatewayListenerTls;
  readonly allowedRoutes?: AllowedRoutes;
}

export interface GatewayListenerTls {
  /** Terminate by default. */
  readonly mode?: 'Terminate' | 'Passthrough';
  readonly certificateRefs?: readonly SecretReference[];
  readonly options?: Readonly<Record<string, string>>;
}

export interface AllowedRoutes {
  readonly namespaces?: NamespacesFrom;
  readonly kinds?: readonly RouteGroupKind[];
}

export interface NamespacesFrom {
  /** Same by default for routes, None for ListenerSets. */
  readonly from?: 'All' | 'Same' | 'Selector' | 'None';
  readonly selector?: LabelSelector;
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly LabelExpression[];
}

export interface LabelExpression {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[];
}

export interface RouteGroupKind {
  /** gateway.networking.k8s.io by default. */
  readonly group?: string;
  readonly kind: string;
}

export interface GatewayAddress {
  /** IPAddress by default. */
  readonly type?: string;
  readonly value?: string;
  readonly routability?: string;
}

export interface GatewayInfrastructure {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly parametersRef?: LocalReference;
}

export interface GatewayTls {
  readonly backend?: { readonly clientCertificateRef?: SecretReference };
  readonly frontend?: FrontendTls;
}

export interface FrontendTls {
  readonly default: FrontendTlsConfig;
  readonly perPort?: readonly { readonly port: number; readonly tls: FrontendTlsConfig }[];
}

export interface FrontendTlsConfig {
  readonly validation?: FrontendValidation;
}

export interface FrontendValidation {
  readonly caCertificateRefs: readonly ObjectReference[];
  /** AllowValidOnly by default. */
  readonly mode?: 'AllowValidOnly' | 'AllowInsecureFallback';
}

// ---- Gateway API: references ----

export interface LocalReference {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
}

export interface ObjectReference extends LocalReference {
  readonly namespace?: string;
}

/** Group '' and kind Secret by default. */
export interface SecretReference {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
}

/** Group '' and kind Service by default; `port` is required for a Service. */
export interface BackendObjectReference {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly port?: number;
}

/** Group gateway.networking.k8s.io and kind Gateway by default. */
export interface ParentReference {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
  readonly sectionName?: string;
  readonly port?: number;
}

export interface ReferenceGrant extends KubeObject {
  readonly spec: {
    readonly from: readonly { readonly group: string; readonly kind: string; readonly namespace: string }[];
    readonly to: readonly { readonly group: string; readonly kind: string; readonly name?: string }[];
  };
}

// ---- Gateway API: HTTPRoute ----

export interface HttpRoute extends KubeObject {
  readonly spec: HttpRouteSpec;
}

export interface HttpRouteSpec {
  readonly parentRefs?: readonly ParentReference[];
  readonly useDefaultGateways?: 'All' | 'None';
  readonly hostnames?: readonly string[];
  /** One rule that matches everything by default. */
  readonly rules?: readonly HttpRouteRule[];
}

export interface HttpRouteRule {
  readonly name?: string;
  /** One prefix match on `/` by default. */
  readonly matches?: readonly HttpRouteMatch[];
  readonly filters?: readonly HttpRouteFilter[];
  readonly backendRefs?: readonly HttpBackendRef[];
  readonly timeouts?: HttpRouteTimeouts;
  readonly retry?: HttpRouteRetry;
  readonly sessionPersistence?: SessionPersistenceSpec;
}

export interface HttpRouteMatch {
  readonly path?: HttpPathMatch;
  readonly headers?: readonly NamedMatch[];
  readonly queryParams?: readonly NamedMatch[];
  readonly method?: string;
}

export interface HttpPathMatch {
  /** PathPrefix by default. */
  readonly type?: 'Exact' | 'PathPrefix' | 'RegularExpression';
  /** `/` by default. */
  readonly value?: string;
}

export interface NamedMatch {
  /** Exact by default. */
  readonly type?: 'Exact' | 'RegularExpression';
  readonly name: string;
  readonly value: string;
}

export interface HttpRouteFilter {
  readonly type:
    | 'RequestHeaderModifier'
    | 'ResponseHeaderModifier'
    | 'RequestRedirect'
    | 'URLRewrite'
    | 'RequestMirror'
    | 'CORS'
    | 'ExternalAuth'
    | 'ExtensionRef';
  readonly requestHeaderModifier?: HttpHeaderFilter;
  readonly responseHeaderModifier?: HttpHeaderFilter;
  readonly requestRedirect?: HttpRequestRedirectFilter;
  readonly urlRewrite?: HttpUrlRewriteFilter;
  readonly requestMirror?: HttpRequestMirrorFilter;
  readonly cors?: HttpCorsFilter;
  readonly externalAuth?: { readonly protocol?: string; readonly backendRef?: BackendObjectReference };
  readonly extensionRef?: LocalReference;
}

export interface HttpHeaderFilter {
  readonly set?: readonly HttpHeader[];
  readonly add?: readonly HttpHeader[];
  readonly remove?: readonly string[];
}

export interface HttpHeader {
  readonly name: string;
  readonly value: string;
}

export interface HttpRequestRedirectFilter {
  readonly scheme?: 'http' | 'https';
  readonly hostname?: string;
  readonly path?: HttpPathModifier;
  readonly port?: number;
  /** 302 by default. */
  readonly statusCode?: 301 | 302 | 303 | 307 | 308;
}

export interface HttpUrlRewriteFilter {
  readonly hostname?: string;
  readonly path?: HttpPathModifier;
}

export interface HttpPathModifier {
  readonly type: 'ReplaceFullPath' | 'ReplacePrefixMatch';
  readonly replaceFullPath?: string;
  readonly replacePrefixMatch?: string;
}

export interface HttpRequestMirrorFilter {
  readonly backendRef: BackendObjectReference;
  /** 0 … 100; excludes `fraction`. Everything is mirrored without both. */
  readonly percent?: number;
  readonly fraction?: { readonly numerator: number; readonly denominator?: number };
}

export interface HttpCorsFilter {
  readonly allowOrigins?: readonly string[];
  readonly allowCredentials?: boolean;
  readonly allowMethods?: readonly string[];
  readonly allowHeaders?: readonly string[];
  readonly exposeHeaders?: readonly string[];
  /** Seconds; 5 by default. */
  readonly maxAge?: number;
}

export interface HttpBackendRef extends BackendObjectReference {
  /** 1 by default; 0 sends nothing. */
  readonly weight?: number;
  readonly filters?: readonly HttpRouteFilter[];
}

/** Durations of GEP-2257, e.g. `1h30m`, `500ms`. */
export interface HttpRouteTimeouts {
  readonly request?: string;
  readonly backendRequest?: string;
}

export interface HttpRouteRetry {
  readonly codes?: readonly number[];
  readonly attempts?: number;
  /** Duration of GEP-2257. */
  readonly backoff?: string;
}

export interface SessionPersistenceSpec {
  /** Duration of GEP-2257. */
  readonly absoluteTimeout?: string;
  /** Duration of GEP-2257. Left v1 with 1.7; still read in manifests written before. */
  readonly idleTimeout?: string;
  /** Cookie by default. */
  readonly type?: 'Cookie' | 'Header';
  readonly cookie?: CookieConfig;
  readonly header?: { readonly name: string };
  /** Left v1 with 1.7 for `cookie.name` and `header.name`; still read in manifests written before. */
  readonly sessionName?: string;
  /** Left v1 with 1.7 for `cookie`; still read in manifests written before. */
  readonly cookieConfig?: CookieConfig;
}

export interface CookieConfig {
  readonly name?: string;
  readonly path?: string;
  /** Session by default. */
  readonly lifetimeType?: 'Session' | 'Permanent';
}

// ---- Gateway API: GRPCRoute ----

export interface GrpcRoute extends KubeObject {
  readonly spec: GrpcRouteSpec;
}

export interface GrpcRouteSpec {
  readonly parentRefs?: readonly ParentReference[];
  readonly useDefaultGateways?: 'All' | 'None';
  readonly hostnames?: readonly string[];
  readonly rules?: readonly GrpcRouteRule[];
}

export interface GrpcRouteRule {
  readonly name?: string;
  readonly matches?: readonly GrpcRouteMatch[];
  readonly filters?: readonly GrpcRouteFilter[];
  readonly backendRefs?: readonly GrpcBackendRef[];
  readonly sessionPersistence?: SessionPersistenceSpec;
}

export interface GrpcRouteMatch {
  readonly method?: GrpcMethodMatch;
  readonly headers?: readonly NamedMatch[];
}

export interface GrpcMethodMatch {
  /** Exact by default. */
  readonly type?: 'Exact' | 'RegularExpression';
  readonly service?: string;
  readonly method?: string;
}

export interface GrpcRouteFilter {
  readonly type: 'RequestHeaderModifier' | 'ResponseHeaderModifier' | 'RequestMirror' | 'ExtensionRef';
  readonly requestHeaderModifier?: HttpHeaderFilter;
  readonly responseHeaderModifier?: HttpHeaderFilter;
  readonly requestMirror?: HttpRequestMirrorFilter;
  readonly extensionRef?: LocalReference;
}

export interface GrpcBackendRef extends BackendObjectReference {
  readonly weight?: number;
  readonly filters?: readonly GrpcRouteFilter[];
}

// ---- Gateway API: BackendTLSPolicy ----

export interface BackendTlsPolicy extends KubeObject {
  readonly spec: {
    readonly targetRefs: readonly (LocalReference & { readonly sectionName?: string })[];
    readonly validation: BackendTlsValidation;
    readonly options?: Readonly<Record<string, string>>;
  };
}

export interface BackendTlsValidation {
  readonly caCertificateRefs?: readonly LocalReference[];
  readonly wellKnownCACertificates?: string;
  readonly hostname: string;
  readonly subjectAltNames?: readonly BackendSubjectAltName[];
}

export interface BackendSubjectAltName {
  readonly type: 'Hostname' | 'URI';
  readonly hostname?: string;
  readonly uri?: string;
}

// ---- Fairlead: ClientTrafficPolicy ----

/** Beside its targets it has the groups of `schema/client-traffic-fields.ts`; `readClientTraffic` reads them. */
export interface ClientTrafficPolicy extends KubeObject {
  readonly spec: {
    readonly targetRefs: readonly (LocalReference & { readonly sectionName?: string })[];
  };
}

// ---- Kubernetes ----

export interface Namespace extends KubeObject {}

export interface Service extends KubeObject {
  readonly spec: {
    readonly type?: string;
    readonly clusterIP?: string;
    /** The primary first. */
    readonly ipFamilies?: readonly ('IPv4' | 'IPv6')[];
    readonly externalName?: string;
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly ServicePort[];
  };
}

export interface ServicePort {
  /** Absent or '' on a Service with one port. EndpointSlices name their ports by it. */
  readonly name?: string;
  /** TCP by default. */
  readonly protocol?: string;
  readonly appProtocol?: string;
  readonly port: number;
  readonly targetPort?: number | string;
  readonly nodePort?: number;
}

/** Belongs to the Service that its label `kubernetes.io/service-name` names. */
export interface EndpointSlice extends KubeObject {
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN';
  readonly endpoints?: readonly SliceEndpoint[];
  readonly ports?: readonly SlicePort[];
}

export interface SliceEndpoint {
  readonly addresses: readonly string[];
  readonly conditions?: EndpointConditions;
  readonly hostname?: string;
  readonly nodeName?: string;
  readonly zone?: string;
  readonly targetRef?: { readonly kind?: string; readonly namespace?: string; readonly name?: string };
}

/** An absent `ready` means true; an absent `serving` means the same as `ready`; an absent `terminating` means false. */
export interface EndpointConditions {
  readonly ready?: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
}

export interface SlicePort {
  readonly name?: string;
  readonly protocol?: string;
  readonly port?: number;
  readonly appProtocol?: string;
}

export interface Secret extends KubeObject {
  readonly type?: string;
  /** Values in base64. */
  readonly data?: Readonly<Record<string, string>>;
  /** Plain text; wins over `data`. Only manifests have it: the API server folds it into `data`. */
  readonly stringData?: Readonly<Record<string, string>>;
}

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
  /** Values in base64. */
  readonly binaryData?: Readonly<Record<string, string>>;
}
