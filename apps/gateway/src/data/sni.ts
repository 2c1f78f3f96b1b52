import { createHash } from 'node:crypto';
import type { SecureContext, SecureContextOptions } from 'node:tls';
import { createSecureContext } from 'node:tls';
import type { Bind, Certificate, ListenerTls } from '@fairlead/routing';

/**
 * TLS contexts by what is in them, so that a certificate that did not change keeps its context through every update, and one is only built
 * when a client first asks for it (parsing a key takes about a millisecond: five thousand of them would stall a worker).
 */
export class SecureContexts {
  readonly #contexts = new Map<string, SecureContext>();
  readonly #authorities = new WeakMap<readonly string[], string>();
  readonly #ticketKeys: Buffer;

  /** `ticketKeys`: 48 octets, the same for every worker. */
  constructor(ticketKeys: Uint8Array) {
    this.#ticketKeys = Buffer.from(ticketKeys);
  }

  /** Throws what node:tls throws for a key or certificate it can't read. */
  context(certificate: Certificate, tls: ListenerTls): SecureContext {
    const key = this.key(certificate, tls);
    const known = this.#contexts.get(key);
    if (known !== undefined) return known;
    const context = createSecureContext(this.options(certificate, tls));
    this.#contexts.set(key, context);
    return context;
  }

  options(certificate: Certificate, tls: ListenerTls): SecureContextOptions {
    const options: SecureContextOptions = {
      cert: certificate.certPem,
      key: certificate.keyPem,
      minVersion: 'TLSv1.2',
      ticketKeys: this.#ticketKeys,
    };
    if (tls.clientValidation !== null) options.ca = [...tls.clientValidation.caPems];
    return options;
  }

  /** Forgets contexts that no bind names any more; connections that use them keep them. */
  keepOnly(binds: Iterable<Bind>): void {
    if (this.#contexts.size === 0) return;
    const wanted = new Set<string>();
    for (const bind of binds) {
      for (const { tls } of bind.listeners) {
        if (tls !== null) for (const certificate of tls.certificates) wanted.add(this.key(certificate, tls));
      }
    }
    for (const key of this.#contexts.keys()) if (!wanted.has(key)) this.#contexts.delete(key);
  }

  /** Equal for contexts that are made of the same. */
  key(certificate: Certificate, tls: ListenerTls): string {
    const validation = tls.clientValidation;
    // The key belongs to the identity too: a certificate may be renewed around the same leaf only with the same key.
    return validation === null
      ? certificate.fingerprint
      : `${certificate.fingerprint} ${this.#authoritiesKey(validation.caPems)}`;
  }

  #authoritiesKey(caPems: readonly string[]): string {
    const known = this.#authorities.get(caPems);
    if (known !== undefined) return known;
    const hash = createHash('sha256');
    for (const pem of caPems) hash.update(pem).update('\0');
    const key = hash.digest('hex');
    this.#authorities.set(caPems, key);
    return key;
  }
}

/** The certificate of a listener for a name: exact, then wildcard, then the listener's first. */
export function selectCertificate(tls: ListenerTls, serverName: string): Certificate {
  const dot = serverName.indexOf('.');
  const wildcard = dot > 0 ? `*${serverName.slice(dot)}` : '';
  let fallback: Certificate | undefined;
  for (const certificate of tls.certificates) {
    if (certificate.names.includes(serverName)) return certificate;
    if (fallback === undefined && wildcard !== '' && certificate.names.includes(wildcard)) fallback = certificate;
  }
  return fallback ?? tls.certificates[0]!;
}
