import type { Certificate, CertificateFacts, CertificateReader } from '@fairlead/routing';

/**
 * Remembers what each Secret held when it could last be served, so that a wrong edit of it does not end its listeners (docs/adr/007). As
 * many as there are Secrets: `keepOnly` forgets those that are gone.
 */
export class LastGoodCertificates implements CertificateReader {
  readonly #reader: CertificateReader;
  /** By `namespace/name`. */
  readonly #good = new Map<string, Certificate>();

  constructor(reader: CertificateReader) {
    this.#reader = reader;
  }

  readCertificate(certPem: string, keyPem: string, secret: string): CertificateFacts | string {
    const facts = this.#reader.readCertificate(certPem, keyPem, secret);
    if (typeof facts !== 'string') this.#good.set(secret, { certPem, keyPem, ...facts });
    return facts;
  }

  checkCaBundle(pem: string): string | null {
    return this.#reader.checkCaBundle(pem);
  }

  lastGood(secret: string): Certificate | null {
    return this.#good.get(secret) ?? null;
  }

  /** A key must not outlive its Secret. */
  keepOnly(secrets: ReadonlyMap<string, unknown>): void {
    for (const secret of this.#good.keys()) if (!secrets.has(secret)) this.#good.delete(secret);
  }
}
