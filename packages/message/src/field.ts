import type { NameInfo } from './name-info.ts';

/** One field line: an interned name and its value. Immutable; shared between messages when interned. */
export class Field {
  readonly name: NameInfo;
  /** Without surrounding whitespace; obs-text kept as latin1 code points. */
  readonly value: string;
  /** `name: value\r\n`, made when first asked for ('' until then): what an HTTP/1.1 serialiser appends. */
  line: string = '';

  constructor(name: NameInfo, value: string) {
    this.name = name;
    this.value = value;
  }
}
