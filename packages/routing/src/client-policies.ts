import type { ClientTrafficPolicy, ClientTrafficSettings, Condition, Gateway } from '@fairlead/resources';
import { compareAge, objectKey } from './age.ts';
import type { ConditionWriter } from './conditions.ts';
import type { ClientPolicyNode, GatewayClientPolicies } from './graph.ts';
import type { FieldPath, Finding } from './problems.ts';
import { GATEWAY_GROUP } from './references.ts';
import { patchMap } from './same.ts';
import type { ClientPolicy } from './table.ts';

/** What the fields of each ClientTrafficPolicy say. Nodes of objects that did not change are kept, and so is the map. */
export function buildClientPolicies(
  policies: ReadonlyMap<string, ClientTrafficPolicy>,
  before: ReadonlyMap<string, ClientPolicyNode>,
  read: (spec: unknown) => ClientTrafficSettings,
): ReadonlyMap<string, ClientPolicyNode> {
  const changes = new Map<string, ClientPolicyNode | undefined>();
  for (const [key, policy] of policies) {
    if (before.get(key)?.policy !== policy) changes.set(key, buildClientPolicy(policy, read));
  }
  for (const key of before.keys()) if (!policies.has(key)) changes.set(key, undefined);
  return patchMap(before, changes);
}

function buildClientPolicy(
  policy: ClientTrafficPolicy,
  read: (spec: unknown) => ClientTrafficSettings,
): ClientPolicyNode {
  const { settings, problems } = read(policy.spec);
  const invalid = [
    ...problems.map(({ path, message }) => fail(['spec', ...path], message)),
    ...policy.spec.targetRefs.flatMap(({ group, kind }, i) =>
      group === GATEWAY_GROUP && kind === 'Gateway'
        ? []
        : [fail(['spec', 'targetRefs', i, 'kind'], `kind ${kind} of group "${group}" can't be a target; use Gateway`)],
    ),
  ];
  // `read` gives the settings of ClientPolicy and no others.
  return { policy, invalid, settings: invalid.length > 0 ? null : (settings as ClientPolicy) };
}

function fail(path: FieldPath, message: string): Finding {
  return { path, reason: 'Invalid', message };
}

/**
 * Which policy governs what, by Gateway. GEP-713: "the oldest …, then alphabetical". An invalid policy governs nothing, so that it keeps no
 * good one from its target.
 */
export function findGoverning(
  nodes: ReadonlyMap<string, ClientPolicyNode>,
): ReadonlyMap<string, GatewayClientPolicies> {
  const governing = new Map<string, Map<string, ClientPolicyNode>>();
  const valid = [...nodes.values()].filter(({ settings }) => settings !== null);
  for (const node of valid.sort((a, b) => compareAge(a.policy.metadata, b.policy.metadata))) {
    const { metadata, spec } = node.policy;
    for (const { name, sectionName = '' } of spec.targetRefs) {
      const key = objectKey({ ...metadata, name });
      const sections = governing.get(key) ?? new Map<string, ClientPolicyNode>();
      if (!sections.has(sectionName)) sections.set(sectionName, node);
      governing.set(key, sections);
    }
  }
  return governing;
}

/** A listener's own policy replaces that of its Gateway as a whole. */
export function listenerPolicy(policies: GatewayClientPolicies | undefined, listener: string): ClientPolicy | null {
  return (policies?.get(listener) ?? policies?.get(''))?.settings ?? null;
}

/** GEP-713 asks for a condition on the objects that a policy affects; absent when none does. */
export function affectedCondition(
  gateway: Gateway,
  policies: GatewayClientPolicies | undefined,
  write: ConditionWriter,
): readonly Condition[] {
  const sections = ['', ...gateway.spec.listeners.map(({ name }) => name)];
  const affecting = sections.flatMap((section) => {
    const node = policies?.get(section);
    if (node === undefined) return [];
    const name = `ClientTrafficPolicy "${objectKey(node.policy.metadata)}"`;
    return [section === '' ? name : `${name} for listener "${section}"`];
  });
  if (affecting.length === 0) return [];
  const message = `clients are dealt with by ${affecting.join(', ')}`;
  return [write.isTrue('fairlead.dev/ClientTrafficPolicyAffected', 'PolicyAffected', message)];
}
