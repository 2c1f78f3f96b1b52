import { BlockList, isIP } from 'node:net';

/** The peers whose X-Forwarded-* are believed. */
export class TrustedProxies {
  readonly #list: BlockList | null;

  /** `cidrs`: validated `address/length` or plain addresses. */
  constructor(cidrs: readonly string[]) {
    if (cidrs.length === 0) {
      this.#list = null;
      return;
    }
    this.#list = new BlockList();
    for (const cidr of cidrs) addTo(this.#list, cidr);
  }

  trusts(address: string): boolean {
    if (this.#list === null) return false;
    const family = isIP(address);
    return family !== 0 && this.#list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }

  /**
   * The client behind a trusted peer: hops are counted from the right, the first that isn't trusted is the client. `peer` itself when the
   * list says nothing that can be believed.
   */
  clientAddress(peer: string, forwardedFor: string): string {
    let client = peer;
    let end = forwardedFor.length;
    while (end > 0) {
      const comma = forwardedFor.lastIndexOf(',', end - 1);
      const hop = forwardedFor.slice(comma + 1, end).trim();
      if (isIP(hop) === 0) return client;
      client = hop;
      if (!this.trusts(hop)) return client;
      end = comma;
    }
    return client;
  }
}

function addTo(list: BlockList, cidr: string): void {
  const slash = cidr.indexOf('/');
  const address = slash < 0 ? cidr : cidr.slice(0, slash);
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  const bits = slash < 0 ? (family === 'ipv6' ? 128 : 32) : Number(cidr.slice(slash + 1));
  list.addSubnet(address, bits, family);
}
