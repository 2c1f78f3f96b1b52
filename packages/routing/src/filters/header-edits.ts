import { Field } from '@fairlead/message';
import type { RequestHeaderModifier, ResponseHeaderModifier } from '../table.ts';
import { configuredField } from './configured-field.ts';

/** A header modifier, ready to be applied to any number of messages. Names are compared by text: see `fieldValue`. */
export interface PreparedEdits {
  /** Names whose fields go: those removed and those set. */
  readonly dropped: ReadonlySet<string>;
  readonly set: readonly Field[];
  readonly add: readonly Field[];
}

export function prepareEdits({ set, add, remove }: RequestHeaderModifier | ResponseHeaderModifier): PreparedEdits {
  return {
    dropped: new Set([...remove, ...set.map(({ name }) => name)]),
    set: set.map(({ name, value }) => configuredField(name, value)),
    add: add.map(({ name, value }) => configuredField(name, value)),
  };
}

/**
 * The fields after removing, setting and adding, in this order; `fields` itself when there was nothing to do. The API permits one action
 * per name, so the order shows only where a rule's and a backend's filter meet.
 *
 * Adding "appends to any existing values associated with the header name": `my-header: foo,bar`. `Set-Cookie` can't be combined and gets
 * a line of its own (RFC 9110 §5.3), cookies are parted by `; ` (RFC 6265 §5.4).
 */
export function applyEdits(edits: PreparedEdits, fields: Field[]): Field[] {
  if (edits.set.length === 0 && edits.add.length === 0 && !hasAny(fields, edits.dropped)) return fields;
  const edited: Field[] = [];
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!;
    if (!edits.dropped.has(field.name.name)) edited.push(field);
  }
  for (let i = 0; i < edits.set.length; i++) edited.push(edits.set[i]!);
  for (let i = 0; i < edits.add.length; i++) appendValue(edited, edits.add[i]!);
  return edited;
}

function hasAny(fields: readonly Field[], names: ReadonlySet<string>): boolean {
  for (let i = 0; i < fields.length; i++) if (names.has(fields[i]!.name.name)) return true;
  return false;
}

function appendValue(fields: Field[], added: Field): void {
  const { name } = added.name;
  let last = name === 'set-cookie' ? -1 : fields.length - 1;
  while (last >= 0 && fields[last]!.name.name !== name) last--;
  if (last < 0) {
    fields.push(added);
    return;
  }
  const { value } = fields[last]!;
  const separator = value === '' ? '' : name === 'cookie' ? '; ' : ',';
  fields[last] = new Field(added.name, value + separator + added.value);
}
