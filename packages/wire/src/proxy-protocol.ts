import { readBinaryHeader } from './proxy-protocol/binary-header.ts';
import { readTextHeader } from './proxy-protocol/text-header.ts';

/** The client that a proxy names: the source of the connection that it passes on. */
export interface ProxiedClient {
  /** IPv4 or IPv6 as the system writes it (RFC 5952), IPv4 also where it came as `::ffff:a.b.c.d`. */
  readonly address: string;
  readonly port: number;
}

/**
 * What became of the octets so far. 'absent': they are no header but the beginning of what the client says. 'malformed': they are meant as
 * one and are not valid.
 */
export type ProxyHeaderState = 'reading' | 'complete' | 'absent' | 'malformed';

/**
 * What a valid header says. `client` is null when it names none: a connection of the proxy itself (LOCAL), an unknown or unspecified
 * protocol, a UNIX socket. The connection's own addresses hold then.
 */
export interface ProxyHeader {
  readonly client: ProxiedClient | null;
}

const textSignature = 'PROXY ';
const binarySignature = '\r\n\r\n\0\r\nQUIT\n';
/** A line of version 1 with its CRLF. */
const maxTextBytes = 107;
const fixedBinaryBytes = 16;
/** Addresses take at most 216; the rest is for what a proxy adds. */
const maxBinaryBytes: number = fixedBinaryBytes + 4_096;
const lineFeed = 10;

/**
 * Reads the header of the PROXY protocol, version 1 or 2, that a load balancer puts before everything else on a connection
 * (haproxy.org/download/3.0/doc/proxy-protocol.txt). Strict: what is not exactly as specified is malformed. One reader per connection; octets
 * may come in any pieces.
 */
export class ProxyHeaderReader {
  state: ProxyHeaderState = 'reading';
  /** Set when `state` is 'complete'. */
  header: ProxyHeader | null = null;
  /** Octets of `bytes` that belong to the header, or may yet. */
  #held: Uint8Array = new Uint8Array(maxTextBytes);
  #size: number = 0;
  #version: 0 | 1 | 2 = 0;

  /**
   * Takes octets of `bytes[start, end)` as long as `state` is 'reading', and returns the offset behind them. When it turns out that there is no
   * header, none of this range are taken, and what earlier calls took is in `held`.
   */
  read(bytes: Uint8Array, start: number, end: number): number {
    const heldBefore = this.#size;
    let at = start;
    while (at < end && this.state === 'reading') this.#take(bytes[at++]!);
    if (this.state !== 'absent') return at;
    this.#size = heldBefore;
    return start;
  }

  /** What was taken so far. */
  get held(): Uint8Array {
    return this.#held.subarray(0, this.#size);
  }

  #take(byte: number): void {
    if (this.#size === this.#held.length) this.#grow();
    this.#held[this.#size++] = byte;
    if (this.#version === 0) this.#findVersion(byte);
    else if (this.#version === 1) this.#continueText(byte);
    else this.#continueBinary();
  }

  #findVersion(byte: number): void {
    const size = this.#size;
    const signature = this.#held[0] === textSignature.charCodeAt(0) ? textSignature : binarySignature;
    if (byte !== signature.charCodeAt(size - 1)) this.state = 'absent';
    else if (size === signature.length) this.#version = signature === textSignature ? 1 : 2;
  }

  #continueText(byte: number): void {
    if (byte === lineFeed) this.#end(readTextHeader(this.held));
    else if (this.#size === maxTextBytes) this.state = 'malformed';
  }

  #continueBinary(): void {
    if (this.#size < fixedBinaryBytes) return;
    const size = fixedBinaryBytes + this.#held[14]! * 256 + this.#held[15]!;
    if (size > maxBinaryBytes) this.state = 'malformed';
    else if (this.#size === size) this.#end(readBinaryHeader(this.held));
  }

  #end(header: ProxyHeader | null): void {
    this.header = header;
    this.state = header === null ? 'malformed' : 'complete';
  }

  #grow(): void {
    const grown = new Uint8Array(maxBinaryBytes);
    grown.set(this.#held);
    this.#held = grown;
  }
}
