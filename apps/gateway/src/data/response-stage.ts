import { type Field, names, type ResponseHead } from '@fairlead/message';
import { addCorsFields, applyEdits, type PreparedEdits } from '@fairlead/routing';
import type { DateField } from './date-field.ts';
import type { Exchange } from './exchange.ts';
import type { Sessions } from './sessions.ts';

/** What happens to the head of an endpoint's answer before the client gets it. */
export class ResponseStage {
  readonly #date: DateField;
  readonly #sessions: Sessions;

  constructor(date: DateField, sessions: Sessions) {
    this.#date = date;
    this.#sessions = sessions;
  }

  prepare(exchange: Exchange, head: ResponseHead): void {
    if (!hasDate(head.fields)) head.fields.push(this.#date.field);
    edit(head, exchange.reference!.filters.responseEdits);
    edit(head, exchange.prepared!.stage.filters.responseEdits);
    if (exchange.corsFields !== null) head.fields = addCorsFields(head.fields, exchange.corsFields);
    if (exchange.rule!.sessionPersistence !== null) this.#sessions.renew(exchange, head);
  }
}

function edit(head: ResponseHead, edits: PreparedEdits | null): void {
  if (edits !== null) head.fields = applyEdits(edits, head.fields);
}

function hasDate(fields: readonly Field[]): boolean {
  for (let i = 0; i < fields.length; i++) if (fields[i]!.name === names.date) return true;
  return false;
}
