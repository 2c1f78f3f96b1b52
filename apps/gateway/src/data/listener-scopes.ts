import type { Bind, Listener } from '@fairlead/routing';
import type { DownstreamSettings } from '../settings.ts';
import { type Admission, type Client, ClientLimits } from './client-limits.ts';
import type { ClientTerms, ClientTermsIndex } from './client-terms.ts';

/** What holds for the connections of one listener, or of all listeners of a socket: other terms with every change of policy. */
export class ClientScope implements Admission {
  terms: ClientTerms;
  #clients: ClientLimits | null = null;

  constructor(terms: ClientTerms) {
    this.terms = terms;
  }

  get settings(): DownstreamSettings {
    return this.terms.settings;
  }

  admits(address: string, open: number): boolean {
    return admits(this.terms, address, open);
  }

  /** Null when the client has as many connections as it may. Every other answer is to be given back with `release`. */
  admit(remoteAddress: string, by: Admission): Client | null {
    this.#clients ??= new ClientLimits();
    return this.#clients.admit(remoteAddress, by);
  }

  release(client: Client): void {
    this.#clients?.release(client);
  }
}

/** The scopes of one socket. A connection keeps its scope, and so hears of changes, to its end. */
export class ListenerScopes implements Admission {
  /** Of the connections that tell no more than their socket: on a plain bind all, on a secure one before the handshake. */
  readonly shared: ClientScope;
  readonly #index: ClientTermsIndex;
  readonly #byListener = new Map<string, ClientScope>();
  /** The terms of the listeners, each once. */
  #terms: readonly ClientTerms[] = [];

  constructor(bind: Bind, index: ClientTermsIndex) {
    this.#index = index;
    this.shared = new ClientScope(index.of(bind.clientPolicy));
    this.update(bind);
  }

  of(listener: Listener): ClientScope {
    return this.#byListener.get(listener.id) ?? this.shared;
  }

  /** Connections of a listener that is gone fall under what their socket has. */
  update(bind: Bind): void {
    this.shared.terms = this.#index.of(bind.clientPolicy);
    const ids = new Set(bind.listeners.map(({ id }) => id));
    for (const [id, scope] of this.#byListener) {
      if (ids.has(id)) continue;
      scope.terms = this.shared.terms;
      this.#byListener.delete(id);
    }
    for (const listener of bind.listeners) this.#set(listener.id, this.#index.of(listener.clientPolicy));
    this.#terms = [...new Set([...this.#byListener.values()].map(({ terms }) => terms))];
  }

  /** Some listener would let in a client with so many: which one it is for shows in the handshake. */
  admits(address: string, open: number): boolean {
    if (this.shared.admits(address, open)) return true;
    return this.#terms.some((terms) => admits(terms, address, open));
  }

  #set(id: string, terms: ClientTerms): void {
    const scope = this.#byListener.get(id);
    if (scope === undefined) this.#byListener.set(id, new ClientScope(terms));
    else scope.terms = terms;
  }
}

function admits({ settings, trusted }: ClientTerms, address: string, open: number): boolean {
  return open < Math.max(1, settings.maxConnectionsPerClient) || trusted.trusts(address);
}
