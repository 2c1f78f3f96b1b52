import { Field, internField, names, ResponseHead } from '@fairlead/message';
import type { Redirection } from '@fairlead/routing';
import type { DateField } from './date-field.ts';
import type { Failure } from './errors.ts';
import type { Exchange } from './exchange.ts';
import type { GrpcCall } from './grpc-call.ts';
import { grpcStatusOf } from './grpc-status.ts';

const plainText = new Field(names.contentType, 'text/plain; charset=utf-8');
const grpcType = new Field(names.contentType, 'application/grpc');

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
    if (exchange.grpc !== null) {
      this.#failCall(exchange, exchange.grpc, failure);
      return;
    }
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

  /**
   * Ends with a status a gRPC call whose response has begun: better than a reset, which clients read as anything. False: that can't be done.
   * Not over HTTP/1.1, where a client may not take trailers, and a response cut short would look complete.
   */
  endCall({ grpc, stream, tunnel }: Exchange, failure: Failure): boolean {
    if (grpc === null || tunnel || !grpc.canEnd || stream.protocolVersion !== '2') return false;
    stream.sendTrailers(this.#statusFields(grpc, failure));
    return true;
  }

  /** "Trailers-Only": the head says it all. */
  #failCall(exchange: Exchange, call: GrpcCall, failure: Failure): void {
    const fields = [this.#date.field, grpcType, ...this.#statusFields(call, failure)];
    if (this.#exposeReason) fields.push(new Field(names.xFairleadReason, failure.code));
    const head = new ResponseHead(200, fields);
    if (exchange.protocolVersion !== '2') head.contentLength = 0;
    begin(exchange, head);
    exchange.stream.sendHead(head, true);
  }

  /** Our texts have nothing in them that would have to be percent-encoded. */
  #statusFields(call: GrpcCall, { code, status, text }: Failure): Field[] {
    call.status = grpcStatusOf(code, status);
    return [internField(names.grpcStatus, String(call.status)), new Field(names.grpcMessage, text)];
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
