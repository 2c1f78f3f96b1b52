/** A client with its open connections. Shared by them. */
export interface Client {
  /** IPv4 without the `::ffff:` of a dual-stack socket. */
  readonly address: string;
  connections: number;
}

/** Decides whether a client with `open` connections may have one more. Trusted proxies bring many clients and are not bounded. */
export interface Admission {
  admits(address: string, open: number): boolean;
}

/**
 * Counts the connections that each client holds to one socket or listener, to bound them. The map holds clients with open connections only, so it can't
 * outgrow those.
 */
export class ClientLimits {
  readonly #clients = new Map<string, Client>();

  /** Null when the client has as many as it may. Every other answer is to be given back with `release`. */
  admit(remoteAddress: string, by: Admission): Client | null {
    const address = plainAddress(remoteAddress);
    let client = this.#clients.get(address);
    if (!by.admits(address, client?.connections ?? 0)) return null;
    if (client === undefined) {
      client = { address, connections: 0 };
      this.#clients.set(address, client);
    }
    client.connections++;
    return client;
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
