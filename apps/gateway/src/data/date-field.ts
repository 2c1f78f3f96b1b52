import { Field, names } from '@fairlead/message';

/** The `Date` of responses that come without one (RFC 9110 §6.6.1), written once a second. */
export class DateField {
  field: Field;
  #second: number;

  /** `epochMs`: wall-clock time. */
  constructor(epochMs: number) {
    this.#second = Math.floor(epochMs / 1_000);
    this.field = new Field(names.date, new Date(epochMs).toUTCString());
  }

  update(epochMs: number): void {
    const second = Math.floor(epochMs / 1_000);
    if (second === this.#second) return;
    this.#second = second;
    this.field = new Field(names.date, new Date(epochMs).toUTCString());
  }
}
