import type { AcceptedTls, ClientPeer, ClientServer } from './client-stream.ts';
import type { ClientConnection, ConnectionList } from './connection-list.ts';
import type { ConnectionOrigin, ConnectionShare } from './connection-share.ts';
import type { ClientScope } from './listener-scopes.ts';
import type { Tenure } from './tenure.ts';

/** What a client's connection is whatever its protocol: where it comes from, how long it has been there, and its place in a list. */
export abstract class AcceptedConnection implements ClientPeer {
  previous: ClientConnection | null = null;
  next: ClientConnection | null = null;
  list: ConnectionList | null = null;
  deadlineMs: number = Number.POSITIVE_INFINITY;
  readonly tenure: Tenure;
  protected readonly origin: ConnectionOrigin;

  constructor(origin: ConnectionOrigin, share: ConnectionShare) {
    this.origin = origin;
    this.tenure = share.recycling.begin();
  }

  get address(): string {
    return this.origin.client.address;
  }

  get server(): ClientServer {
    return this.origin.server;
  }

  get scope(): ClientScope {
    return this.origin.scope;
  }

  get tls(): AcceptedTls | null {
    return this.origin.tls;
  }
}
