import type { Gateway, GatewayListener, ListenerSet, RouteGroupKind } from '@fairlead/resources';
import { objectKey } from './age.ts';
import { compareHostnames, intersects, toHostname } from './hostnames.ts';
import type { FieldPath, Finding } from './problems.ts';
import { GATEWAY_GROUP } from './references.ts';

/** What a listener's own fields say, and how it stands among its siblings. References are not looked at here. */
export interface ListenerCheck {
  readonly spec: GatewayListener;
  readonly path: FieldPath;
  readonly hostname: string;
  readonly secure: boolean;
  /** Why it can't be accepted. */
  readonly refused: Finding | null;
  /** HostnameConflict or ProtocolConflict: with a sibling all parties lose, with another object's listener the later one. */
  readonly conflict: Finding | null;
  readonly supportedKinds: readonly RouteGroupKind[];
  readonly badKinds: readonly Finding[];
  /** Other HTTPS listeners on the port whose hostnames overlap, by name. */
  readonly overlaps: readonly string[];
}

/** The listeners of a Gateway itself (`set` null), or of one of its ListenerSets. */
export interface ListenerGroup {
  readonly set: ListenerSet | null;
  readonly checks: readonly ListenerCheck[];
}

/** What tells a listener from all others; see `Listener.id`. */
export function listenerId({ metadata }: Gateway, set: ListenerSet | null, name: string): string {
  const within = set === null ? '' : `${objectKey(set.metadata)}/`;
  return `${objectKey(metadata)}/${within}${name}`;
}

/**
 * Within one object "each Listener in a set MUST have a unique combination of Port, Protocol, and, if supported by the protocol, Hostname", and
 * "the implementation MUST NOT pick one conflicting Listener as the winner". Between objects the first wins, so that nobody takes from a
 * Gateway or from an older ListenerSet what it has: `sets` come in the order of their precedence.
 */
export function checkListeners(gateway: Gateway, sets: readonly ListenerSet[]): readonly ListenerGroup[] {
  const earlier: Claim[] = [];
  const groups = [null, ...sets].map((set) => {
    const specs = (set ?? gateway).spec.listeners;
    const claims = specs.map((spec, i) => toClaim(spec, i, specs, set));
    const conflicts = claims.map((claim) => findConflict(claim, claims) ?? findConflict(claim, earlier));
    earlier.push(...claims.filter((claim, i) => claim.refused === null && conflicts[i] === null));
    return { set, claims, conflicts };
  });
  const all = groups.flatMap(({ claims }) => claims);
  return groups.map(({ set, claims, conflicts }) => ({
    set,
    checks: claims.map((claim, i) => toCheck(claim, conflicts[i]!, all)),
  }));
}

function toCheck(claim: Claim, conflict: Finding | null, all: readonly Claim[]): ListenerCheck {
  const { supported, bad } = checkKinds(claim);
  return {
    spec: claim.spec,
    path: claim.path,
    hostname: claim.hostname,
    secure: claim.spec.protocol === 'HTTPS',
    refused: claim.refused,
    conflict,
    supportedKinds: supported,
    badKinds: bad,
    overlaps: findOverlaps(claim, all),
  };
}

interface Claim {
  readonly spec: GatewayListener;
  readonly set: ListenerSet | null;
  readonly path: FieldPath;
  readonly hostname: string;
  readonly refused: Finding | null;
}

function toClaim(
  spec: GatewayListener,
  index: number,
  all: readonly GatewayListener[],
  set: ListenerSet | null,
): Claim {
  const path = ['spec', 'listeners', index];
  return { spec, set, path, hostname: toHostname(spec.hostname), refused: refuse(spec, path, index, all) };
}

function refuse(
  spec: GatewayListener,
  path: FieldPath,
  index: number,
  all: readonly GatewayListener[],
): Finding | null {
  const fail = (field: string, reason: string, message: string): Finding => ({
    path: [...path, field],
    reason,
    message,
  });
  if (all.findIndex((other) => other.name === spec.name) !== index) {
    return fail('name', 'UnsupportedValue', `listener name "${spec.name}" is used twice in this Gateway; rename one`);
  }
  if (spec.protocol !== 'HTTP' && spec.protocol !== 'HTTPS') {
    return fail('protocol', 'UnsupportedProtocol', `protocol "${spec.protocol}" is not supported; use HTTP or HTTPS`);
  }
  if (spec.protocol === 'HTTP' && spec.tls !== undefined) {
    return fail('tls', 'UnsupportedValue', 'tls must not be set with protocol HTTP; remove it or use protocol HTTPS');
  }
  if (spec.tls?.mode === 'Passthrough') {
    return fail('tls', 'UnsupportedValue', 'mode Passthrough needs protocol TLS; HTTPS listeners use mode Terminate');
  }
  return null;
}

function findConflict(claim: Claim, rivals: readonly Claim[]): Finding | null {
  if (claim.refused !== null) return null;
  for (const other of rivals) {
    if (other === claim || other.refused !== null || other.spec.port !== claim.spec.port) continue;
    if (other.spec.protocol !== claim.spec.protocol) {
      const message = `port ${claim.spec.port} is also used by ${nameOf(other, claim)} with protocol ${other.spec.protocol}; change one of them`;
      return { path: [...claim.path, 'protocol'], reason: 'ProtocolConflict', message };
    }
    if (other.hostname === claim.hostname) {
      const named = claim.hostname === '' ? 'no hostname' : `hostname "${claim.hostname}"`;
      const message = `${nameOf(other, claim)} has ${named} on port ${claim.spec.port} too; change one of them`;
      return {
        path: [...claim.path, claim.hostname === '' ? 'port' : 'hostname'],
        reason: 'HostnameConflict',
        message,
      };
    }
  }
  return null;
}

/** `listener "a"`, with the object that has it when that is another than `from`'s. */
function nameOf({ spec, set }: Claim, from: Claim): string {
  const name = `listener "${spec.name}"`;
  if (set === from.set) return name;
  return set === null ? `${name} of the Gateway` : `${name} of ListenerSet "${objectKey(set.metadata)}"`;
}

function findOverlaps(claim: Claim, claims: readonly Claim[]): readonly string[] {
  if (claim.refused !== null || claim.spec.protocol !== 'HTTPS') return [];
  return claims
    .filter((other) => other !== claim && other.refused === null && other.spec.protocol === 'HTTPS')
    .filter((other) => other.spec.port === claim.spec.port && intersects(other.hostname, claim.hostname))
    .sort((a, b) => compareHostnames(a.hostname, b.hostname))
    .map((other) =>
      other.set === claim.set
        ? other.spec.name
        : nameOf(other, claim)
            .replace(/^listener /, '')
            .replaceAll('"', ''),
    );
}

/** "If kinds are specified in Spec that are not supported, they MUST NOT appear in this list." */
function checkKinds(claim: Claim): { supported: readonly RouteGroupKind[]; bad: readonly Finding[] } {
  const { protocol, allowedRoutes } = claim.spec;
  const possible = protocol === 'HTTP' || protocol === 'HTTPS' ? ['HTTPRoute', 'GRPCRoute'] : [];
  const asked = allowedRoutes?.kinds ?? [];
  if (asked.length === 0) return { supported: possible.map((kind) => ({ group: GATEWAY_GROUP, kind })), bad: [] };
  const supported: RouteGroupKind[] = [];
  const bad: Finding[] = [];
  asked.forEach(({ group = GATEWAY_GROUP, kind }, i) => {
    const path = [...claim.path, 'allowedRoutes', 'kinds', i];
    if (group === GATEWAY_GROUP && possible.includes(kind)) supported.push({ group, kind });
    else bad.push({ path, reason: 'InvalidRouteKinds', message: wrongKind(group, kind, protocol, possible) });
  });
  return { supported, bad };
}

function wrongKind(group: string, kind: string, protocol: string, possible: readonly string[]): string {
  const allowed = possible.length === 0 ? '' : `; use ${possible.join(' or ')}`;
  return `kind ${group}/${kind} is not supported on a listener with protocol ${protocol}${allowed}`;
}
