import type { Listener } from '@fairlead/routing';

/**
 * Finds the listener of a bind for a host: exact name, then the longest wildcard, then the one for any host. Cost does not depend on the
 * number of listeners.
 */
export class ListenerNames {
  readonly #exact = new Map<string, Listener>();
  /** By what follows the `*.`. */
  readonly #wildcards = new Map<string, Listener>();
  readonly #any: Listener | null;

  constructor(listeners: readonly Listener[]) {
    let any: Listener | null = null;
    for (const listener of listeners) {
      if (listener.hostname === '') any ??= listener;
      else if (listener.hostname.startsWith('*.')) keepFirst(this.#wildcards, listener.hostname.slice(2), listener);
      else keepFirst(this.#exact, listener.hostname, listener);
    }
    this.#any = any;
  }

  /** `host` in lower case, without port and trailing dot; '' when the client named none. */
  select(host: string): Listener | null {
    const exact = this.#exact.get(host);
    if (exact !== undefined) return exact;
    if (this.#wildcards.size > 0) {
      for (let dot = host.indexOf('.'); dot > 0; dot = host.indexOf('.', dot + 1)) {
        const wildcard = this.#wildcards.get(host.slice(dot + 1));
        if (wildcard !== undefined) return wildcard;
      }
    }
    return this.#any;
  }
}

function keepFirst(map: Map<string, Listener>, key: string, listener: Listener): void {
  if (!map.has(key)) map.set(key, listener);
}
