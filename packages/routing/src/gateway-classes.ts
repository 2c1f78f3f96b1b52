import type { Gateway, GatewayClass, GatewayClassStatus } from '@fairlead/resources';
import { objectKey } from './age.ts';
import { ConditionWriter } from './conditions.ts';
import { type ConditionProblem, type Finding, toProblem } from './problems.ts';
import { supportedFeatures } from './supported-features.ts';

/** A GatewayClass of ours. */
export interface ClassNode {
  readonly gatewayClass: GatewayClass;
  readonly accepted: boolean;
  readonly status: GatewayClassStatus;
  readonly problems: readonly ConditionProblem[];
}

/** The classes that name our controller, by name. */
export function acceptClasses(
  classes: ReadonlyMap<string, GatewayClass>,
  controllerName: string,
): ReadonlyMap<string, ClassNode> {
  const nodes = new Map<string, ClassNode>();
  for (const [name, gatewayClass] of classes) {
    if (gatewayClass.spec.controllerName === controllerName) nodes.set(name, toNode(gatewayClass));
  }
  return nodes;
}

function toNode(gatewayClass: GatewayClass): ClassNode {
  const write = new ConditionWriter(gatewayClass.metadata.generation ?? 0);
  const refused = refuseClass(gatewayClass);
  const accepted =
    refused === null ? write.isTrue('Accepted', 'Accepted', 'class is accepted') : write.failed('Accepted', [refused]);
  const object = { kind: 'GatewayClass', namespace: '', name: gatewayClass.metadata.name };
  return {
    gatewayClass,
    accepted: refused === null,
    status: { conditions: [accepted], supportedFeatures },
    problems: refused === null ? [] : [toProblem(object, refused)],
  };
}

function refuseClass({ spec: { parametersRef } }: GatewayClass): Finding | null {
  if (parametersRef === undefined) return null;
  const message = `kind ${parametersRef.group}/${parametersRef.kind} is not supported as parameters; remove parametersRef`;
  return { path: ['spec', 'parametersRef'], reason: 'InvalidParameters', message };
}

/** The Gateways to serve: those of our accepted classes. */
export function selectGateways(
  gateways: ReadonlyMap<string, Gateway>,
  classes: ReadonlyMap<string, ClassNode>,
): ReadonlyMap<string, Gateway> {
  return new Map([...gateways].filter(([, gateway]) => classes.get(gateway.spec.gatewayClassName)?.accepted === true));
}

/** Gateways that nobody, or nobody yet, serves. Those of other controllers are none of our business. */
export function findClassless(
  gateways: ReadonlyMap<string, Gateway>,
  classes: ReadonlyMap<string, GatewayClass>,
  ours: ReadonlyMap<string, ClassNode>,
): readonly ConditionProblem[] {
  const problems: ConditionProblem[] = [];
  for (const { spec, metadata } of gateways.values()) {
    const name = spec.gatewayClassName;
    if (classes.has(name) && ours.get(name)?.accepted !== false) continue;
    const message = classes.has(name)
      ? `GatewayClass "${name}" is not accepted; see its conditions`
      : `GatewayClass "${name}" not found; nobody serves this Gateway`;
    const object = { kind: 'Gateway', namespace: metadata.namespace ?? '', name: metadata.name };
    problems.push(
      toProblem(object, { path: ['spec', 'gatewayClassName'], reason: 'GatewayClassNotAccepted', message }),
    );
  }
  return problems;
}

/** The class each Gateway asks for, by Gateway key. */
export function indexClassNames(gateways: ReadonlyMap<string, Gateway>): ReadonlyMap<string, string> {
  return new Map([...gateways.values()].map((gateway) => [objectKey(gateway.metadata), gateway.spec.gatewayClassName]));
}
