/**
 * The routing table: what the compiler produces and the data plane executes. Frozen plain data without references to Kubernetes objects, so
 * that it can be cloned to a worker, printed, and compared. Imports nothing.
 *
 * The table is a set of keyed entries. A compile that changes one route hands back the same object for every entry that did not change, so
 * the difference of two tables is found by identity and only that difference travels to the workers.
 */
export interface RouteTable {
  /** By `address:port`. */
  readonly binds: ReadonlyMap<string, Bind>;
  /** By `HostTable.key`. */
  readonly hosts: ReadonlyMap<string, HostTable>;
  /** By `Rule.id`. */
  readonly rules: ReadonlyMap<string, Rule>;
  /** By `Backend.id`. */
  readonly backends: ReadonlyMap<string, Backend>;
}

/** One socket to listen on, shared by the listeners of every Gateway that asks for it. */
export interface Bind {
  readonly key: string;
  /** IP address; '0.0.0.0' or '::' for all. */
  readonly address: string;
  readonly port: number;
  readonly secure: boolean;
  /** Most specific hostname first. */
  readonly listeners: readonly Listener[];
  /** For what is decided before it is known for which listener a connection is; on a plain bind for all that concerns connections. */
  readonly clientPolicy: ClientPolicy | null;
}

export interface Listener {
  /** `namespace/gateway/listener`. */
  readonly id: string;
  readonly gateway: ObjectName;
  readonly name: string;
  readonly port: number;
  /** Lower case; `*.example.com` or exact; '' for any host. */
  readonly hostname: string;
  readonly tls: ListenerTls | null;
  readonly clientPolicy: ClientPolicy | null;
}

/** How clients are dealt with, as far as a ClientTrafficPolicy says it; the rest is left to defaults. */
export interface ClientPolicy {
  readonly headTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
  readonly minBodyBytesPerSecond?: number;
  readonly bodyGraceMs?: number;
  readonly writeIdleMs?: number;
  readonly maxTargetBytes?: number;
  readonly maxHeadBytes?: number;
  readonly maxFields?: number;
  readonly allowUnderscores?: boolean;
  readonly encodedSlashes?: 'reject' | 'keep';
  readonly maxConnectionsPerClient?: number;
  /** CIDRs and addresses. */
  readonly trustedProxies?: readonly string[];
  readonly proxyProtocol?: 'off' | 'trusted' | 'required';
  readonly http2?: ClientHttp2Policy;
  readonly recycling?: RecyclingPolicy;
}

export interface ClientHttp2Policy {
  readonly maxConcurrentStreams?: number;
  readonly streamWindowBytes?: number;
  readonly maxStreamWindowBytes?: number;
  readonly connectionWindowBytes?: number;
  readonly maxFieldSectionBytes?: number;
  readonly maxEarlyResets?: number;
  readonly maxControlFrames?: number;
  readonly floodWindowMs?: number;
  /** 0 for never. */
  readonly pingIdleMs?: number;
  readonly pingTimeoutMs?: number;
}

export interface RecyclingPolicy {
  /** 0 for never. */
  readonly maxAgeMs?: number;
  readonly maxAgeJitter?: number;
  /** 0 to 1. */
  readonly goawayChance?: number;
  /** Beginnings of `User-Agent`. */
  readonly excludedUserAgents?: readonly string[];
  readonly maxPerSecond?: number;
}

export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

export interface ListenerTls {
  /** At least one; the first is served when SNI names none of them. */
  readonly certificates: readonly Certificate[];
  readonly clientValidation: ClientValidation | null;
}

export interface Certificate {
  /** PEM chain, leaf first. */
  readonly certPem: string;
  readonly keyPem: string;
  /** DNS names of the leaf, lower case, wildcards as `*.example.com`. */
  readonly names: readonly string[];
  /** SHA-256 of the leaf, hex: identity for caches and for showing which certificate is served. */
  readonly fingerprint: string;
}

export interface ClientValidation {
  readonly caPems: readonly string[];
  /** 'AllowInsecureFallback' lets clients without or with a bad certificate in. */
  readonly mode: 'AllowValidOnly' | 'AllowInsecureFallback';
}

/**
 * The rules that routes with one hostname attach to one listener. `hostname` is the route's own, not its intersection with the listener's:
 * a request reaches a listener only if it matches the listener's hostname, and trying the route hostnames from the most to the least
 * specific then gives the spec's precedence, with fall-through when no entry of the more specific host matches.
 */
export interface HostTable {
  /** `listenerId hostname`, separated by one space. */
  readonly key: string;
  readonly listener: string;
  /** Lower case; `*.example.com`, exact, or '' for any. */
  readonly hostname: string;
  /** In the spec's order of precedence: the first that matches wins. */
  readonly entries: readonly MatchEntry[];
}

/** One `matches[]` element of one rule. All its conditions must hold. */
export interface MatchEntry {
  readonly path: PathMatch;
  /** Upper case as HTTP sends it; '' for any. */
  readonly method: string;
  readonly headers: readonly ValueMatch[];
  readonly query: readonly ValueMatch[];
  readonly rule: string;
}

export interface PathMatch {
  /** 'prefix' works on whole path elements: `/a` matches `/a` and `/a/b`, not `/ab`. 'regex' must match the whole path (RE2 syntax). */
  readonly type: 'exact' | 'prefix' | 'regex';
  /** Prefixes without trailing slash; '' is the prefix `/`. */
  readonly value: string;
}

export interface ValueMatch {
  /** Header names in lower case, query names case-sensitive. */
  readonly name: string;
  readonly type: 'exact' | 'regex';
  readonly value: string;
}

export interface Rule {
  /** `kind/namespace/name/index`, e.g. `HTTPRoute/default/shop/0`. */
  readonly id: string;
  readonly route: RouteName;
  readonly index: number;
  /** `rules[].name`; '' without. */
  readonly name: string;
  readonly filters: readonly Filter[];
  /** Never empty unless `failure` is set or a filter answers (redirect). */
  readonly backends: readonly WeightedBackend[];
  readonly timeouts: Timeouts;
  readonly retry: Retry | null;
  readonly sessionPersistence: SessionPersistence | null;
  /** Set when the whole rule can only answer with an error: invalid filter, no backends. */
  readonly failure: RuleFailure | null;
}

export interface RouteName extends ObjectName {
  readonly kind: 'HTTPRoute' | 'GRPCRoute';
}

export interface RuleFailure {
  readonly status: number;
  /** Stable code for log and `x-fairlead-reason`. */
  readonly reason: string;
}

export interface WeightedBackend {
  /** `Backend.id`; null when the reference is invalid: its share is answered 500. */
  readonly backend: string | null;
  /** > 0; weight 0 is left out. */
  readonly weight: number;
  readonly filters: readonly Filter[];
}

export interface Timeouts {
  /** From the request head's arrival to the end of the response; 0 for none. */
  readonly requestMs: number;
  /** Per try, from its start to the response head; 0 for none. */
  readonly backendRequestMs: number;
}

export interface Retry {
  /** Tries after the first; 0 turns retries off. */
  readonly attempts: number;
  /** Least pause before a retry; 0 for none. */
  readonly backoffMs: number;
  /** Response statuses that are retried besides connection failures. */
  readonly codes: readonly number[];
}

export interface SessionPersistence {
  readonly type: 'cookie' | 'header';
  readonly name: string;
  /** Cookie path; '' for the rule's default. */
  readonly path: string;
  /** 0 for none. */
  readonly absoluteTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** 'permanent' writes Max-Age from the absolute timeout. */
  readonly lifetime: 'session' | 'permanent';
}

export type Filter =
  | RequestHeaderModifier
  | ResponseHeaderModifier
  | RequestRedirect
  | UrlRewrite
  | RequestMirror
  | Cors;

export interface RequestHeaderModifier extends HeaderEdits {
  readonly type: 'requestHeaderModifier';
}

export interface ResponseHeaderModifier extends HeaderEdits {
  readonly type: 'responseHeaderModifier';
}

/** Names in lower case. Applied as set, add, remove. */
export interface HeaderEdits {
  readonly set: readonly NameValue[];
  readonly add: readonly NameValue[];
  readonly remove: readonly string[];
}

export interface NameValue {
  readonly name: string;
  readonly value: string;
}

export interface RequestRedirect {
  readonly type: 'requestRedirect';
  readonly status: 301 | 302 | 303 | 307 | 308;
  /** '' keeps the request's. */
  readonly scheme: '' | 'http' | 'https';
  readonly hostname: string;
  /** 0 derives it as the spec says. */
  readonly port: number;
  readonly path: PathRewrite | null;
}

export interface UrlRewrite {
  readonly type: 'urlRewrite';
  /** '' keeps the request's. */
  readonly hostname: string;
  readonly path: PathRewrite | null;
}

/** 'replacePrefix' replaces the matched prefix of the entry that matched. */
export interface PathRewrite {
  readonly type: 'replaceFull' | 'replacePrefix';
  readonly value: string;
}

export interface RequestMirror {
  readonly type: 'requestMirror';
  readonly backend: string;
  /** Share mirrored: numerator / denominator. */
  readonly numerator: number;
  readonly denominator: number;
}

export interface Cors {
  readonly type: 'cors';
  /** `*`, exact origins, or with one wildcard label: `https://*.example.com`. */
  readonly allowOrigins: readonly string[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly allowCredentials: boolean;
  readonly maxAgeSeconds: number;
}

/** A Service port. Its endpoints travel apart from the table: they change without a compile. */
export interface Backend {
  /** `namespace/service:port`; with `+h2c` when it is spoken to otherwise than the Service says, because a GRPCRoute sends to it. */
  readonly id: string;
  readonly service: ObjectName;
  readonly port: number;
  /** 'h2c': HTTP/2 and nothing else. With TLS, 'http1' leaves the choice to the peer (ALPN). */
  readonly protocol: 'http1' | 'h2c';
  readonly tls: BackendTls | null;
  /** A BackendTLSPolicy that can't be honoured: requests are answered with this instead of being sent unprotected. */
  readonly failure: RuleFailure | null;
}

export interface BackendTls {
  /** SNI and the name the certificate must carry when `subjectAltNames` is empty. */
  readonly hostname: string;
  /** Empty for the system's. */
  readonly caPems: readonly string[];
  /** Any of these must be in the certificate instead of `hostname`. */
  readonly subjectAltNames: readonly SubjectAltName[];
  /** Gateway.spec.tls.backend.clientCertificateRef. */
  readonly clientCertificate: Certificate | null;
}

export interface SubjectAltName {
  readonly type: 'DNS' | 'URI';
  readonly value: string;
}

/** The endpoints of one backend, from its Service's EndpointSlices. */
export interface EndpointSet {
  readonly backend: string;
  readonly endpoints: readonly Endpoint[];
}

export interface Endpoint {
  /** IP address. */
  readonly address: string;
  readonly port: number;
  /** False for terminating or unready endpoints that still serve: a last resort when none is ready. */
  readonly ready: boolean;
  readonly zone: string;
}
