import { Field, internField, names } from '@fairlead/message';
import type { Exchange } from './exchange.ts';
import type { RequestIds } from './request-ids.ts';
import { isTraceparent } from './trace-context.ts';

/** What a request carries of the fields that matter here, as bits of `Exchange.carried`. */
const Bit = {
  forwardedFor: 1,
  proto: 2,
  host: 4,
  port: 8,
  /** Says something about the client or its connection that only a proxy in front of us may say. */
  claim: 16,
  requestId: 32,
  traceparent: 64,
  userAgent: 128,
  /** There, but of no use. */
  badRequestId: 256,
  badTraceparent: 512,
} as const;

const bits: ReadonlyMap<string, number> = new Map([
  ['x-forwarded-for', Bit.forwardedFor | Bit.claim],
  ['x-forwarded-proto', Bit.proto | Bit.claim],
  ['x-forwarded-host', Bit.host | Bit.claim],
  ['x-forwarded-port', Bit.port | Bit.claim],
  ['x-forwarded-server', Bit.claim],
  ['x-forwarded-ssl', Bit.claim],
  ['x-forwarded-scheme', Bit.claim],
  ['x-forwarded-prefix', Bit.claim],
  ['x-forwarded-client-cert', Bit.claim],
  ['x-forwarded-tls-client-cert', Bit.claim],
  ['x-forwarded-tls-client-cert-info', Bit.claim],
  ['x-original-forwarded-for', Bit.claim],
  ['x-real-ip', Bit.claim],
  ['x-client-cert', Bit.claim],
  ['x-ssl-client-cert', Bit.claim],
  ['x-ssl-client-verify', Bit.claim],
  ['x-ssl-client-dn', Bit.claim],
  // RFC 7239; RFC 9440.
  ['forwarded', Bit.claim],
  ['client-cert', Bit.claim],
  ['client-cert-chain', Bit.claim],
  ['x-request-id', Bit.requestId],
  ['traceparent', Bit.traceparent],
  ['user-agent', Bit.userAgent],
]);

/** `Exchange.carried` once a filter may have changed it. */
export const unknownFields = -1;

const http = new Field(names.xForwardedProto, 'http');
const https = new Field(names.xForwardedProto, 'https');

/**
 * What the endpoint is told of the client. What a client claims of itself is taken away first, unless its peer is trusted; ours is added last, so that
 * no filter or `Connection` option of a client can take it away. What a filter of the route has set stands.
 */
export class ForwardedFields {
  readonly #ids: RequestIds;

  constructor(ids: RequestIds) {
    this.#ids = ids;
  }

  /** Before anything else reads the fields. */
  receive(exchange: Exchange): void {
    const { head } = exchange;
    let carried = carriedOf(head.fields, exchange);
    if ((carried & (Bit.badRequestId | Bit.badTraceparent)) !== 0) carried = dropUseless(exchange, carried);
    if ((carried & Bit.claim) !== 0) {
      const { address: peer, scope } = exchange.stream.peer;
      const { trusted } = scope.terms;
      if (trusted.trusts(peer)) {
        exchange.clientAddress = trusted.clientAddress(peer, joined(head.fields, 'x-forwarded-for'));
      } else {
        head.fields = head.fields.filter(isNoClaim);
        carried &= Bit.requestId | Bit.traceparent | Bit.userAgent;
      }
    }
    exchange.carried = carried;
    if (exchange.requestId === '') exchange.requestId = this.#ids.next();
  }

  /** Once per request, after its filters. */
  add(exchange: Exchange): null {
    const { head } = exchange;
    const carried = exchange.carried === unknownFields ? carriedOf(head.fields, null) : exchange.carried;
    const fields = head.fields;
    const peer = exchange.stream.peer.address;
    if ((carried & Bit.forwardedFor) === 0) fields.push(internField(names.xForwardedFor, peer));
    else head.fields = withPeer(fields, peer);
    this.#addMissing(exchange, head.fields, carried);
    return null;
  }

  #addMissing(exchange: Exchange, fields: Field[], carried: number): void {
    if ((carried & Bit.proto) === 0) fields.push(exchange.scheme === 'https' ? https : http);
    if ((carried & Bit.host) === 0 && exchange.authority !== '') {
      fields.push(internField(names.xForwardedHost, exchange.authority));
    }
    if ((carried & Bit.port) === 0) fields.push(internField(names.xForwardedPort, String(exchange.accepted!.port)));
    if ((carried & Bit.requestId) === 0) fields.push(new Field(names.xRequestId, exchange.requestId));
    if ((carried & Bit.traceparent) === 0)
      fields.push(new Field(names.traceparent, this.#traceparent(exchange, carried)));
  }

  /** A request id of our own is as good a trace id. */
  #traceparent(exchange: Exchange, carried: number): string {
    return this.#ids.traceparent((carried & Bit.requestId) === 0 ? exchange.requestId : this.#ids.next());
  }
}

function carriedOf(fields: readonly Field[], exchange: Exchange | null): number {
  let carried = 0;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!;
    const bit = bits.get(field.name.name);
    if (bit === undefined) continue;
    const repeated = (carried & bit) !== 0;
    carried |= bit;
    if (exchange === null) continue;
    if (bit === Bit.userAgent) exchange.userAgent = field.value;
    else if (bit === Bit.requestId) {
      exchange.requestId = field.value;
      if (repeated || field.value === '') carried |= Bit.badRequestId;
    } else if (bit === Bit.traceparent && (repeated || !isTraceparent(field.value))) carried |= Bit.badTraceparent;
  }
  return carried;
}

/**
 * Takes away identification that is empty, malformed or said twice, so that the endpoint and the access log do not read it differently; it
 * is made anew. A `tracestate` means nothing without its `traceparent`.
 */
function dropUseless(exchange: Exchange, carried: number): number {
  const { head } = exchange;
  if ((carried & Bit.badRequestId) !== 0) {
    exchange.requestId = '';
    head.fields = head.fields.filter(({ name }) => name !== names.xRequestId);
    carried &= ~(Bit.requestId | Bit.badRequestId);
  }
  if ((carried & Bit.badTraceparent) !== 0) {
    head.fields = head.fields.filter(({ name }) => name !== names.traceparent && name !== names.tracestate);
    carried &= ~(Bit.traceparent | Bit.badTraceparent);
  }
  return carried;
}

function isNoClaim(field: Field): boolean {
  return ((bits.get(field.name.name) ?? 0) & Bit.claim) === 0;
}

/** All fields of a name as one list (RFC 9110 §5.3). */
function joined(fields: readonly Field[], name: string): string {
  let text = '';
  for (const field of fields) {
    if (field.name.name === name) text = text === '' ? field.value : `${text}, ${field.value}`;
  }
  return text;
}

/** The list of hops with `peer` as the last. */
function withPeer(fields: readonly Field[], peer: string): Field[] {
  const hops = `${joined(fields, 'x-forwarded-for')}, ${peer}`;
  const others = fields.filter((field) => field.name.name !== 'x-forwarded-for');
  others.push(new Field(names.xForwardedFor, hops));
  return others;
}
