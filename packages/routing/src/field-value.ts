import type { Field } from '@fairlead/message';

/**
 * The value of a field for matching; null when it is absent. A repeated field is its lines joined with comma and space: "combined field
 * value" of RFC 9110 §5.2, which is how the API wants it too ("follow the guidance from the RFC … regarding processing a repeated header").
 * So a condition on one value does not hold for a request that sends several.
 *
 * Compares names by text, not by NameInfo: names beyond the bounds of the intern table have no identity.
 */
export function fieldValue(fields: readonly Field[], name: string): string | null {
  let value: string | null = null;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!;
    if (field.name.name === name) value = value === null ? field.value : `${value}, ${field.value}`;
  }
  return value;
}
