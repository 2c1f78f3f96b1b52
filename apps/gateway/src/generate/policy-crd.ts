import type { PolicyGroup, PolicyValue } from '@fairlead/resources';
import { durationPattern, percentPattern, quantityPattern } from '@fairlead/resources';

/** A structural schema of OpenAPI v3 as CRDs have it. */
export type OpenApi = Readonly<Record<string, unknown>>;

/** The fields of a group of a policy; `more` stands before them. */
export function groupSchema(group: PolicyGroup, more: Readonly<Record<string, OpenApi>> = {}): OpenApi {
  const members = Object.entries(group.members).map(([name, member]) => [
    name,
    'members' in member ? groupSchema(member) : { description: member.meaning, ...valueSchema(member.value) },
  ]);
  return { description: group.meaning, type: 'object', properties: { ...more, ...Object.fromEntries(members) } };
}

/** One that every object of its kind must have, checked by the API server. */
export function rule(expression: string, message: string): OpenApi {
  return { 'x-kubernetes-validations': [{ rule: expression, message }] };
}

function valueSchema(value: PolicyValue): OpenApi {
  switch (value.type) {
    case 'duration':
      return durationSchema(value.min, value.max, value.off);
    case 'size':
      return sizeSchema(value.min, value.max);
    case 'count':
      return { type: 'integer', format: 'int32', minimum: value.min, maximum: value.max };
    case 'percent':
      return { type: 'string', maxLength: 16, pattern: percentPattern };
    case 'choice':
      return { type: 'string', enum: Object.keys(value.choices) };
    case 'networks':
      return setOf(value.maxItems, {
        ...{ type: 'string', minLength: 1, maxLength: 64 },
        ...rule('isIP(self) || isCIDR(self)', 'must be an IP address or a CIDR'),
      });
    case 'texts':
      return setOf(value.maxItems, { type: 'string', minLength: 1, maxLength: value.maxLength });
  }
}

function setOf(maxItems: number, items: OpenApi): OpenApi {
  return { type: 'array', maxItems, 'x-kubernetes-list-type': 'set', items };
}

function durationSchema(min: string, max: string, off: boolean): OpenApi {
  const within = `duration(self) >= duration('${min}') && duration(self) <= duration('${max}')`;
  return {
    ...{ type: 'string', maxLength: 32, pattern: durationPattern },
    ...(off
      ? rule(`duration(self) == duration('0s') || (${within})`, `must be from ${min} to ${max}, or 0s`)
      : rule(within, `must be from ${min} to ${max}`)),
  };
}

/** An integer or a text; octets either way. */
function sizeSchema(min: number, max: number): OpenApi {
  const quantity = 'quantity(string(self))';
  return {
    ...{ anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true },
    ...{ maxLength: 16, pattern: quantityPattern },
    ...rule(
      `${quantity}.compareTo(quantity('${min}')) >= 0 && ${quantity}.compareTo(quantity('${max}')) <= 0`,
      `must be from ${min} to ${max}`,
    ),
  };
}
