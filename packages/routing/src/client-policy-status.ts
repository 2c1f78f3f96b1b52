import type { Condition, ParentReference, PolicyAncestorStatus, PolicyStatus } from '@fairlead/resources';
import { objectKey } from './age.ts';
import { isOverruled, oldestGateway } from './client-policy-socket.ts';
import { ConditionWriter, joinFindings } from './conditions.ts';
import type { ClientPolicyNode, GatewayClientPolicies, GatewayNode } from './graph.ts';
import { type ConditionProblem, type FieldPath, type Finding, toProblem } from './problems.ts';
import type { Bind } from './table.ts';

/** What has become of the policies. */
export interface ClientPolicyOutcome {
  readonly policies: ReadonlyMap<string, ClientPolicyNode>;
  readonly governing: ReadonlyMap<string, GatewayClientPolicies>;
  /** Ours, by key. */
  readonly gateways: ReadonlyMap<string, GatewayNode>;
  /** Of every Gateway there is. */
  readonly gatewayClassNames: ReadonlyMap<string, string>;
  readonly binds: ReadonlyMap<string, Bind>;
}

export interface ClientPolicyReports {
  readonly statuses: ReadonlyMap<string, PolicyStatus>;
  readonly problems: readonly ConditionProblem[];
}

/** One ancestor per target: at most 16 each. A policy whose targets are all somebody else's is not ours to report on. */
export function reportClientPolicies(outcome: ClientPolicyOutcome, controllerName: string): ClientPolicyReports {
  const statuses = new Map<string, PolicyStatus>();
  const problems: ConditionProblem[] = [];
  for (const [key, node] of outcome.policies) {
    const { namespace = '', name, generation = 0 } = node.policy.metadata;
    const verdicts = node.policy.spec.targetRefs.flatMap((ref, i) => {
      const verdict = judge(node, i, outcome);
      return verdict === null ? [] : [{ ref, verdict }];
    });
    const write = new ConditionWriter(generation);
    const ancestors = verdicts.map(
      ({ ref, verdict }): PolicyAncestorStatus => ({
        ancestorRef: toAncestor(ref, namespace),
        controllerName,
        conditions: toConditions(verdict, write),
      }),
    );
    if (ancestors.length > 0) statuses.set(key, { ancestors });
    const object = { kind: 'ClientTrafficPolicy', namespace, name };
    problems.push(...node.invalid.map((finding) => toProblem(object, finding)));
    for (const { verdict } of verdicts) problems.push(...toProblems(verdict, object));
  }
  return { statuses, problems };
}

function toAncestor({ group, kind, name, sectionName }: Target, namespace: string): ParentReference {
  return { group, kind, namespace, name, ...(sectionName !== undefined && { sectionName }) };
}

type Target = ClientPolicyNode['policy']['spec']['targetRefs'][number];

/** How one target takes its policy. */
interface Verdict {
  readonly refused: readonly Finding[];
  /** What of it does not hold though it is accepted. */
  readonly overruled: readonly Finding[];
  /** Listeners with policies of their own. */
  readonly replaced: readonly string[];
}

/** Null when the target is somebody else's. */
function judge(node: ClientPolicyNode, index: number, outcome: ClientPolicyOutcome): Verdict | null {
  const { metadata, spec } = node.policy;
  const { name, sectionName = '' } = spec.targetRefs[index]!;
  const key = objectKey({ ...metadata, name });
  const path = ['spec', 'targetRefs', index];
  const gateway = outcome.gateways.get(key);
  if (gateway === undefined && outcome.gatewayClassNames.has(key)) return null;
  if (node.invalid.length > 0) return refuse(node.invalid);
  if (gateway === undefined) {
    return refuse([{ path: [...path, 'name'], reason: 'TargetNotFound', message: `Gateway "${key}" not found` }]);
  }
  const listeners = gateway.gateway.spec.listeners.map((listener) => listener.name);
  if (sectionName !== '' && !listeners.includes(sectionName)) {
    const message = `Gateway "${key}" has no listener "${sectionName}"; it has ${listeners.join(', ')}`;
    return refuse([{ path: [...path, 'sectionName'], reason: 'TargetNotFound', message }]);
  }
  const governing = outcome.governing.get(key)!;
  const winner = governing.get(sectionName)!;
  if (winner !== node) return refuse([toConflict(winner, path)]);
  const replaced = sectionName === '' ? listeners.filter((listener) => governing.has(listener)) : [];
  const governed = sectionName === '' ? listeners.filter((listener) => !governing.has(listener)) : [sectionName];
  return { refused: [], overruled: findOverruled(gateway, governed, path, outcome), replaced };
}

function refuse(refused: readonly Finding[]): Verdict {
  return { refused, overruled: [], replaced: [] };
}

function toConflict({ policy }: ClientPolicyNode, path: FieldPath): Finding {
  const message = `the older ClientTrafficPolicy "${objectKey(policy.metadata)}" has the same target; remove one of them`;
  return { path, reason: 'Conflicted', message };
}

function findOverruled(
  gateway: GatewayNode,
  names: readonly string[],
  path: FieldPath,
  { binds, gateways }: ClientPolicyOutcome,
): readonly Finding[] {
  const ids = new Set(
    gateway.listeners.flatMap(({ name, listener }) => (names.includes(name) ? (listener?.id ?? []) : [])),
  );
  return [...binds.values()].flatMap((bind) => {
    const overruled = bind.listeners.filter((listener) => ids.has(listener.id) && isOverruled(listener, bind));
    if (overruled.length === 0) return [];
    const owners = bind.listeners.map(
      (listener) => gateways.get(`${listener.gateway.namespace}/${listener.gateway.name}`)!,
    );
    return [{ path, reason: 'SharedSocket', message: sharedMessage(bind, overruled[0]!.name, oldestGateway(owners)) }];
  });
}

function sharedMessage(bind: Bind, listener: string, oldest: GatewayNode): string {
  const what = bind.secure ? 'what is decided before a TLS handshake' : 'all but path.escapedSlashesAction';
  const name = objectKey(oldest.gateway.metadata);
  const rules = oldest.clientPolicies?.has('') ? `the policy for Gateway "${name}" as a whole` : 'the defaults';
  return (
    `listener "${listener}" shares ${bind.key} with listeners that have other policies, where ${what} follows ${rules}; ` +
    'give it a port of its own, or all the same policy'
  );
}

function toConditions({ refused, overruled, replaced }: Verdict, write: ConditionWriter): readonly Condition[] {
  if (refused.length > 0) return [write.failed('Accepted', refused)];
  const remark = replaced.length === 0 ? '' : `; listeners with policies of their own: ${replaced.join(', ')}`;
  const accepted = write.isTrue('Accepted', 'Accepted', `policy is accepted${remark}`);
  if (overruled.length === 0) return [accepted];
  return [accepted, write.isTrue('Overridden', overruled[0]!.reason, joinFindings(overruled))];
}

/** What is invalid is told once, not for every target. */
function toProblems({ refused, overruled }: Verdict, object: ConditionProblem['object']): readonly ConditionProblem[] {
  return [
    ...refused.filter(({ reason }) => reason !== 'Invalid').map((finding) => toProblem(object, finding)),
    ...overruled.map((finding) => toProblem(object, finding, 'warning')),
  ];
}
