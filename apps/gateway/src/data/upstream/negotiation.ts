import { EndpointSocket, type FailureCode, type SocketUser } from './endpoint-socket.ts';
import type { EndpointTarget } from './endpoint-target.ts';
import type { UpstreamShare } from './upstream-share.ts';

export interface NegotiationOwner {
  /** The handshake is done; the socket wants another user at once. */
  onNegotiated(socket: EndpointSocket): void;
  onOpeningFailed(code: FailureCode): void;
}

const protocols: readonly string[] = ['h2', 'http/1.1'];

/** A socket whose peer is asked by ALPN what it speaks. Nothing is sent before the answer. */
export class Negotiation implements SocketUser {
  readonly #owner: NegotiationOwner;
  readonly #socket: EndpointSocket;

  constructor(target: EndpointTarget, owner: NegotiationOwner, share: UpstreamShare) {
    this.#owner = owner;
    this.#socket = new EndpointSocket(target, protocols, share);
    this.#socket.user = this;
  }

  onEstablished(): void {
    this.#owner.onNegotiated(this.#socket);
  }

  onBroken(code: FailureCode): void {
    if (this.#socket.close()) this.#owner.onOpeningFailed(code);
  }

  onBytes(): boolean {
    return true;
  }

  onDrain(): void {}

  onPeerEnd(): void {
    this.onBroken('closed_early');
  }

  onReleased(): void {}
}
