import { Field, names, ResponseHead } from '@fairlead/message';
import type { Redirection } from '@fairlead/routing';
import type { DateField } from './date-field.ts';
import type { Failure } from './errors.ts';
import type { Exchange } from './exchange.ts';

const plainText = new Field(names.contentType, 'text/plain; charset=utf-8');

/** Responses that no endpoint made. */
export class GatewayAnswers {
  readonly #date: DateField;
  readonly #exposeReason: boolean;
  /** By code; codes come from the program and its configuration. */
  readonly #bodies = new Map<string, Buffer>();

  constructor(date: DateField, exposeReason: boolean) {
    this.#date = date;
    this.#exposeReason = exposeReason;
  }

  failure(exchange: Exchange, failure: Failure): void {
    const body = this.#bodyOf(failure);
    const fields = [this.#date.field, plainText];
    if (this.#exposeReason) fields.push(new Field(names.xFairleadReason, failure.code));
    const head = new ResponseHead(failure.status, fields);
    head.contentLength = body.length;
    const end = exchange.method === 'HEAD';
    begin(exchange, head);
    exchange.stream.sendHead(head, end);
    if (end) return;
    exchange.responseBytes = body.length;
    exchange.stream.sendData(body, 0, body.length, true);
  }

  redirect(exchange: Exchange, { status, location }: Redirection): 'answered' {
    const head = new ResponseHead(status, [new Field(names.location, location)]);
    head.contentLength = 0;
    return this.head(exchange, head);
  }

  /** An answer without body. */
  head(exchange: Exchange, head: ResponseHead): 'answered' {
    head.fields.push(this.#date.field);
    begin(exchange, head);
    exchange.stream.sendHead(head, true);
    return 'answered';
  }

  #bodyOf({ code, text }: Failure): Buffer {
    let body = this.#bodies.get(code);
    if (body === undefined) {
      body = Buffer.from(`${text}\n`);
      this.#bodies.set(code, body);
    }
    return body;
  }
}

function begin(exchange: Exchange, head: ResponseHead): void {
  exchange.responseStarted = true;
  exchange.status = head.status;
}
