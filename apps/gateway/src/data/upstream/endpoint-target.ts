import type { Backend } from '@fairlead/routing';
import type { UpstreamTls } from './upstream-tls.ts';

/** What an endpoint speaks; 'unknown' until a TLS handshake has told. */
export type PeerProtocol = 'http1' | 'h2' | 'unknown';

/** Where connections to one endpoint go, and what earlier ones have taught about it. */
export class EndpointTarget {
  /** IP address. */
  readonly address: string;
  readonly port: number;
  /** Null for plain TCP. */
  readonly tls: UpstreamTls | null;
  /** Of a peer that chooses nothing by ALPN, or with whom there is no TLS. */
  readonly unasked: Exclude<PeerProtocol, 'unknown'>;
  speaks: PeerProtocol;
  /** A TLS session to resume with, verified when it was made. */
  session: Buffer | null = null;

  constructor(address: string, port: number, tls: UpstreamTls | null, protocol: Backend['protocol']) {
    this.address = address;
    this.port = port;
    this.tls = tls;
    this.unasked = protocol === 'h2c' ? 'h2' : 'http1';
    this.speaks = tls === null ? this.unasked : 'unknown';
  }

  /** What the peer has chosen of what ALPN offered, '' for nothing. */
  learn(chosen: string): Exclude<PeerProtocol, 'unknown'> {
    const speaks = chosen === 'h2' ? 'h2' : chosen === '' ? this.unasked : 'http1';
    this.speaks = speaks;
    return speaks;
  }

  /** A handshake has failed: another program may be listening there now. */
  forget(): void {
    this.session = null;
    if (this.tls !== null) this.speaks = 'unknown';
  }
}
