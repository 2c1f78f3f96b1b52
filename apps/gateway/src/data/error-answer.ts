import { type DownstreamStream, Field, names, ResponseHead } from '@fairlead/message';
import { responseHeadText } from '@fairlead/wire';

/** Why a request never became an exchange, or could not be read to its end. A parser's error is one. */
export interface Refusal {
  readonly status: number;
  /** Stable; for metrics and `x-fairlead-reason`. */
  readonly code: string;
  readonly text: string;
}

export const headTimeout: Refusal = {
  status: 408,
  code: 'head_timeout',
  text: 'The head of the request took too long.',
};

export const slowBody: Refusal = {
  status: 408,
  code: 'slow_body',
  text: 'The body of the request came too slowly.',
};

const plainText = new Field(names.contentType, 'text/plain; charset=utf-8');

/** The answer to a refused request. It ends the connection: nothing that follows on it can be trusted. */
export function errorAnswer(refusal: Refusal, exposeReason: boolean): string {
  const text = responseHeadText(refusalHead(refusal, exposeReason), { framing: 'none', connection: 'close' });
  return text + refusalBody(refusal);
}

/** The same on a stream, which ends alone. */
export function sendRefusal(refusal: Refusal, exposeReason: boolean, stream: DownstreamStream): void {
  const body = Buffer.from(refusalBody(refusal), 'latin1');
  stream.sendHead(refusalHead(refusal, exposeReason), false);
  stream.sendData(body, 0, body.length, true);
}

function refusalHead(refusal: Refusal, exposeReason: boolean): ResponseHead {
  const fields = [new Field(names.date, new Date().toUTCString()), plainText];
  if (exposeReason) fields.push(new Field(names.xFairleadReason, refusal.code));
  const head = new ResponseHead(refusal.status, fields);
  head.contentLength = refusalBody(refusal).length;
  return head;
}

function refusalBody({ text }: Refusal): string {
  return `${text}\n`;
}
