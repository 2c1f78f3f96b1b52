import type { Condition, RouteParentStatus, RouteStatus } from '@fairlead/resources';
import type { Attachment } from './attach.ts';
import { ConditionWriter, joinFindings } from './conditions.ts';
import type { Finding } from './problems.ts';

/** What all parents of a route are told, apart from how each of them takes it. */
export interface RouteVerdict {
  readonly generation: number;
  readonly controllerName: string;
  /** Why no parent can take it, whatever the parent: all rules are invalid, say. */
  readonly refused: Finding | null;
  /** What of it is not used although it is accepted, hostnames say; '' without. */
  readonly remark: string;
  /** Rules that are invalid, by index, while others are good. */
  readonly dropped: readonly { readonly rule: number; readonly findings: readonly Finding[] }[];
  readonly unresolved: readonly Finding[];
}

export function writeRouteStatus(attachments: readonly Attachment[], verdict: RouteVerdict): RouteStatus {
  const write = new ConditionWriter(verdict.generation);
  return {
    parents: attachments.map(
      (attachment): RouteParentStatus => ({
        parentRef: attachment.ref,
        controllerName: verdict.controllerName,
        conditions: writeConditions(attachment.refused ?? verdict.refused, verdict, write),
      }),
    ),
  };
}

function writeConditions(
  refused: Finding | null,
  { remark, dropped, unresolved }: RouteVerdict,
  write: ConditionWriter,
): readonly Condition[] {
  const conditions = [
    refused === null
      ? write.isTrue('Accepted', 'Accepted', remark === '' ? 'route is accepted' : `route is accepted; ${remark}`)
      : write.failed('Accepted', [refused]),
    unresolved.length === 0
      ? write.isTrue('ResolvedRefs', 'ResolvedRefs', 'all references are resolved')
      : write.failed('ResolvedRefs', unresolved),
  ];
  // "This condition MUST NOT be set if a Route is fully valid, fully invalid, or not accepted."
  if (refused !== null || dropped.length === 0) return conditions;
  const findings = dropped.flatMap((one) => one.findings);
  // "The message for this condition MUST start with the prefix 'Dropped Rule'".
  const message = `Dropped Rule ${dropped.map((one) => one.rule).join(', ')}: ${joinFindings(findings)}`;
  return [...conditions, write.isTrue('PartiallyInvalid', findings[0]!.reason, message)];
}
