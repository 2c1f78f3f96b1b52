import type {
  BackendTlsPolicy,
  ClientTrafficPolicy,
  Condition,
  ConfigMap,
  Gateway,
  GatewayAddress,
  LabelSelector,
  ListenerSet,
  Namespace,
  ReferenceGrant,
  RouteGroupKind,
  RouteStatus,
  Secret,
  Service,
} from '@fairlead/resources';
import type { GatewayPlacement } from './compile-options.ts';
import type { RankedEntry } from './precedence.ts';
import type { ConditionProblem, Finding } from './problems.ts';
import type {
  Backend,
  BackendTls,
  Certificate,
  ClientPolicy,
  Listener,
  RouteName,
  Rule,
  RuleFailure,
} from './table.ts';

/**
 * The nodes of a compile. Table entries, statuses and problems are all read from them, so they cannot disagree.
 *
 *   ClientTrafficPolicy ─▶ ClientPolicyNode ─▶ GatewayNode, binds
 *   Gateway ─▶ GatewayNode ─▶ binds, AttachPoint ┐
 *   BackendTLSPolicy ─▶ PolicyNode ─▶ ServiceTls ┼─▶ RouteNode ─▶ hosts, rules, backends
 *   HTTPRoute, GRPCRoute, Service ───────────────┘
 */

/** What nodes look up, by name of the table. Keys are `namespace/name`, except `grants` and `namespaces`: the namespace. */
export interface Lookups {
  readonly services: Service;
  readonly secrets: Secret;
  readonly configMaps: ConfigMap;
  readonly namespaces: Namespace;
  readonly grants: readonly ReferenceGrant[];
  readonly portLosses: readonly PortLoss[];
  readonly bindErrors: string;
  readonly placements: GatewayPlacement;
  /** `spec.gatewayClassName` of every Gateway there is, ours or not. */
  readonly gatewayClassNames: string;
  /** Those that name a Gateway of ours, by that Gateway; first of precedence first. */
  readonly listenerSets: readonly NamedListenerSet[];
  /** The Gateway that each ListenerSet names, '' for something else; ours or not. */
  readonly listenerSetGateways: string;
  readonly policyLosses: readonly PolicyLoss[];
  readonly clientPolicies: GatewayClientPolicies;
  /** By Gateway, and `ListenerSet/namespace/name`. */
  readonly attachPoints: AttachPoint;
  readonly serviceTls: ServiceTls;
  /** By `routeKey`. */
  readonly kindLosses: readonly KindLoss[];
}

export interface GatewayNode {
  readonly gateway: Gateway;
  readonly attachPoint: AttachPoint;
  /** In the order of `spec.listeners`. */
  readonly listeners: readonly ListenerNode[];
  /** ListenerSets that name it, allowed or not. */
  readonly sets: readonly ListenerSetNode[];
  /** Where its listeners listen; empty when the Gateway is not accepted. */
  readonly addresses: readonly string[];
  /** The ports it listens on by listener port; null: the same. */
  readonly bindPorts: ReadonlyMap<number, number> | null;
  readonly statusAddresses: readonly GatewayAddress[];
  readonly conditions: readonly Condition[];
  readonly problems: readonly ConditionProblem[];
  readonly clientPolicies: GatewayClientPolicies | undefined;
}

export interface ListenerNode {
  /** `Listener.id`. */
  readonly id: string;
  readonly name: string;
  readonly supportedKinds: readonly RouteGroupKind[];
  readonly conditions: readonly Condition[];
  /** Null when it cannot serve. */
  readonly listener: Listener | null;
}

/** A ListenerSet that names a Gateway of ours. */
export interface NamedListenerSet {
  readonly set: ListenerSet;
  /** By the Gateway. */
  readonly allowed: boolean;
}

export interface ListenerSetNode {
  readonly set: ListenerSet;
  readonly accepted: boolean;
  readonly attachPoint: AttachPoint;
  /** In the order of `spec.listeners`; empty when it is not allowed. */
  readonly listeners: readonly ListenerNode[];
  readonly conditions: readonly Condition[];
  readonly problems: readonly ConditionProblem[];
}

/** What routes see of a Gateway or ListenerSet: it stays the same when, say, only a certificate changes. */
export interface AttachPoint {
  readonly kind: 'Gateway' | 'ListenerSet';
  readonly namespace: string;
  readonly name: string;
  /** `namespace/name` of the Gateway whose listeners these are in the end. */
  readonly gateway: string;
  readonly listeners: readonly AttachListener[];
  /** Presented to backends that speak TLS. */
  readonly clientCertificate: Certificate | null;
}

export interface AttachListener {
  /** `Listener.id`. */
  readonly id: string;
  readonly name: string;
  readonly port: number;
  readonly hostname: string;
  /** Kinds of gateway.networking.k8s.io. */
  readonly kinds: readonly string[];
  readonly from: 'All' | 'Same' | 'Selector' | 'None';
  readonly selector: LabelSelector | undefined;
  /** Requests reach it. Routes attach, and are counted, even when they don't. */
  readonly serving: boolean;
}

/** A ClientTrafficPolicy as far as it depends on nothing else. */
export interface ClientPolicyNode {
  readonly policy: ClientTrafficPolicy;
  /** Null when it is invalid. */
  readonly settings: ClientPolicy | null;
  readonly invalid: readonly Finding[];
}

/** The policies that govern one Gateway, by listener name; '' for the Gateway as a whole. */
export type GatewayClientPolicies = ReadonlyMap<string, ClientPolicyNode>;

/** A listener that another Gateway's listener keeps from its port. */
export interface PortLoss {
  /** `Listener.id`. */
  readonly listener: string;
  readonly message: string;
}

/** A target of a BackendTLSPolicy that an older policy has. */
export interface PolicyLoss {
  /** In `spec.targetRefs`. */
  readonly target: number;
  /** `namespace/name` of the older policy. */
  readonly winner: string;
}

export interface PolicyNode {
  readonly policy: BackendTlsPolicy;
  /** The targets it governs: Service and port name, '' for all ports. */
  readonly governs: readonly { readonly service: string; readonly section: string }[];
  /** `namespace/name` of every Service it names, also where another policy governs. */
  readonly services: readonly string[];
  /** What to check backends by; a failure when the policy can't be honoured. */
  readonly tls: Omit<BackendTls, 'clientCertificate'> | RuleFailure;
  /** The same for every ancestor. */
  readonly conditions: readonly Condition[];
  readonly problems: readonly ConditionProblem[];
}

/** The BackendTLSPolicies of one Service after conflicts are resolved, by port name; '' for all other ports. */
export type ServiceTls = ReadonlyMap<string, PolicyNode>;

export interface RouteNode {
  /** What it would be attached to if there were no routes of other kinds. */
  readonly claim: RouteClaim;
  readonly status: RouteStatus;
  readonly problems: readonly ConditionProblem[];
  /** Listeners that count it as attached. */
  readonly attached: readonly string[];
  readonly contributions: readonly Contribution[];
  readonly rules: readonly Rule[];
  readonly backends: readonly Backend[];
  /** Services it sends to that a BackendTLSPolicy names. */
  readonly policedServices: readonly string[];
  /** `namespace/name` of the Gateways that accept it. */
  readonly gateways: readonly string[];
}

export interface RouteClaim {
  readonly route: RouteName;
  /** `metadata.creationTimestamp`; '' without. */
  readonly createdAt: string;
  /** Hostnames as the route has them, '' for any; those that no request of the listener can have are left out. */
  readonly listeners: readonly { readonly id: string; readonly hostnames: readonly string[] }[];
}

/** A listener that an older route of the other kind keeps a route from. */
export interface KindLoss {
  /** `Listener.id`. */
  readonly listener: string;
  /** `GRPCRoute "namespace/name"`. */
  readonly winner: string;
}

/** What one route brings to one host table. */
export interface Contribution {
  /** `HostTable.key`. */
  readonly host: string;
  readonly listener: string;
  readonly hostname: string;
  /** Contributions of the same variant have the same entries: see route-variants.ts. */
  readonly variant: string;
  readonly entries: readonly RankedEntry[];
}
