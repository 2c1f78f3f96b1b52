import { clientTrafficFields } from './client-traffic-fields.ts';
import { objectName, subdomainName } from './patterns.ts';
import {
  durationPattern,
  type PolicyGroup,
  type PolicyValue,
  percentPattern,
  quantityPattern,
} from './policy-values.ts';
import { readClientTraffic } from './read-client-traffic.ts';
import type { Report } from './schema-problem.ts';
import {
  type EitherShape,
  type Fields,
  integer,
  list,
  type ObjectShape,
  object,
  oneOf,
  type Shape,
  type TextShape,
  text,
} from './shape.ts';
import { distinctTargets } from './targets.ts';

const size: EitherShape = {
  type: 'either',
  text: like(quantityPattern, 'a number of octets such as "65536" or "64Ki"'),
  integer: integer(0, Number.MAX_SAFE_INTEGER),
};

const target = object(
  { group: oneOf('gateway.networking.k8s.io'), kind: oneOf('Gateway'), name: objectName },
  { sectionName: subdomainName },
);

const targetRefs = list(target, {
  minItems: 1,
  maxItems: 16,
  rules: [distinctTargets],
});

export const clientTrafficPolicySpec: ObjectShape = object(
  { targetRefs },
  toFields(clientTrafficFields),
  (spec: object, report: Report) => {
    for (const { path, message } of readClientTraffic(spec).problems) report(path, message);
  },
);

function toFields({ members }: PolicyGroup): Fields {
  return Object.fromEntries(
    Object.entries(members).map(([name, member]) => [
      name,
      'members' in member ? object({}, toFields(member)) : toShape(member.value),
    ]),
  );
}

/** Bounds are left to `readClientTraffic`. */
function toShape(value: PolicyValue): Shape {
  switch (value.type) {
    case 'duration':
      return like(durationPattern, 'a duration such as 500ms, 10s or 1h30m');
    case 'size':
      return size;
    case 'count':
      return integer(value.min, value.max);
    case 'percent':
      return like(percentPattern, 'a percentage such as "0.1%"');
    case 'choice':
      return oneOf(...Object.keys(value.choices));
    case 'networks':
      return list(text({ minLength: 1, maxLength: 64 }), { maxItems: value.maxItems, uniqueBy: [] });
    case 'texts':
      return list(text({ minLength: 1, maxLength: value.maxLength }), { maxItems: value.maxItems, uniqueBy: [] });
  }
}

function like(pattern: string, words: string): TextShape {
  return text({ pattern: { expression: new RegExp(pattern), words } });
}
