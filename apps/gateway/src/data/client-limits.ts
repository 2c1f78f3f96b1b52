import type { TrustedProxies } from './trusted-proxies.ts';

/** A client with its open connections. Shared by them. */
export interface Client {
  /** IPv4 without the `::ffff:` of a dual-stack socket. */
  readonly address: string;
  connections: number;
}

/**
 * Bounds how many connections one client may hold. Trusted proxies bring many clients and are not bounded. The map holds clients with open
 * connections only, so it can't outgrow those.
 */
export class ClientLimits {
  readonly #max: number;
  readonly #trusted: TrustedProxies;
  readonly #clients = new Map<string, Client>();

  constructor(max: number, trusted: TrustedProxies) {
    this.#max = Math.max(1, max);
    this.#trusted = trusted;
  }

  /** Null when the client has as many as it may. Every other answer is to be given back with `release`. */
  admit(remoteAddress: string): Client | null {
    const address = plainAddress(remoteAddress);
    let client = this.#clients.get(address);
    if (client === undefined) {
      client = { address, connections: 0 };
      this.#clients.set(address, client);
    }
    if (client.connections >= this.#max && !this.#trusted.trusts(address)) return null;
    client.connections++;
    return client;
  }

  /** The client of an open connection. */
  find(remoteAddress: string): Client | null {
    return this.#clients.get(plainAddress(remoteAddress)) ?? null;
  }

  release(client: Client): void {
    client.connections--;
    if (client.connections === 0) this.#clients.delete(client.address);
  }
}

/** IPv4 in an IPv6 socket (RFC 4291 §2.5.5.2), as the system writes it. */
const mapped = '::ffff:';

function plainAddress(remoteAddress: string): string {
  return remoteAddress.startsWith(mapped) ? remoteAddress.slice(mapped.length) : remoteAddress;
}
