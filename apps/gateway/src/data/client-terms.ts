import type { Bind, ClientPolicy } from '@fairlead/routing';
import type { DownstreamSettings } from '../settings.ts';
import { TrustedProxies } from './trusted-proxies.ts';

/** Settings with what is made of them once. Never changed: other settings are other terms. */
export interface ClientTerms {
  readonly settings: DownstreamSettings;
  readonly trusted: TrustedProxies;
}

/**
 * The terms of every policy in use. Policies that say the same have the same terms, across updates too: caches by `settings` stay warm when
 * a bind was sent anew for another reason.
 */
export class ClientTermsIndex {
  readonly defaults: ClientTerms;
  readonly #terms = new Map<string, ClientTerms>();

  constructor(defaults: DownstreamSettings) {
    this.defaults = toTerms(defaults);
  }

  of(policy: ClientPolicy | null): ClientTerms {
    if (policy === null) return this.defaults;
    const key = JSON.stringify(policy);
    let terms = this.#terms.get(key);
    if (terms === undefined) {
      terms = toTerms(withPolicy(this.defaults.settings, policy));
      this.#terms.set(key, terms);
    }
    return terms;
  }

  /** Forgets policies that no bind has any more. */
  keepOnly(binds: Iterable<Bind>): void {
    if (this.#terms.size === 0) return;
    const wanted = new Set<string>();
    for (const { clientPolicy, listeners } of binds) {
      if (clientPolicy !== null) wanted.add(JSON.stringify(clientPolicy));
      for (const listener of listeners) {
        if (listener.clientPolicy !== null) wanted.add(JSON.stringify(listener.clientPolicy));
      }
    }
    for (const key of this.#terms.keys()) if (!wanted.has(key)) this.#terms.delete(key);
  }
}

function toTerms(settings: DownstreamSettings): ClientTerms {
  return { settings, trusted: new TrustedProxies(settings.trustedProxies) };
}

function withPolicy(defaults: DownstreamSettings, policy: ClientPolicy): DownstreamSettings {
  const http2 = { ...defaults.http2, ...policy.http2 };
  // A policy may set the one without the other.
  const { streamWindowBytes, maxStreamWindowBytes } = http2;
  return {
    ...defaults,
    ...policy,
    http2: { ...http2, maxStreamWindowBytes: Math.max(streamWindowBytes, maxStreamWindowBytes) },
    recycling: { ...defaults.recycling, ...policy.recycling },
  };
}
