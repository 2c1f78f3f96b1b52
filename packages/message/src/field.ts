import type { NameInfo } from './name-info.ts';

/** One field line: an interned name and its value. Immutable; shared between messages when interned. */
export class Field {
  readonly name: NameInfo;
  /** Without surrounding whitespace; obs-text kept as latin1 code points. */
  readonly value: string;
  /** `name: value\r\n`, made when first asked for ('' until then): what an HTTP/1.1 serialiser appends. */
  line: string = '';
  /** What an HTTP/2 reader makes of it, so that it judges a field once (`FieldUse` in packages/wire); 0 until then. */
  http2Use: number = 0;
  /** Where the HTTP/2 writer keeps its octets (`KeptBlocks` in packages/wire); 0 until it was written. */
  http2Slot: number = 0;

  constructor(name: NameInfo, value: string) {
    this.name = name;
    this.value = value;
  }
}

/** `name: value\r\n`, made once for each field object. */
export function fieldLine(field: Field): string {
  if (field.line === '') field.line = `${field.name.name}: ${field.value}\r\n`;
  return field.line;
}

/** The first field of that name; null without. */
export function findField(fields: readonly Field[], name: NameInfo): Field | null {
  for (let i = 0; i < fields.length; i++) if (fields[i]!.name === name) return fields[i]!;
  return null;
}
