import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { CertificateFacts, CertificateReader } from '@fairlead/routing';

/**
 * Reads X.509 with node:crypto. Whatever passes here can be served: the context a worker will make is made once, so that a key that OpenSSL
 * finds too short is told to its owner instead of to a worker.
 *
 * Being out of date is no error: a certificate that expires while nobody looks must not take its listener away. See `certificate-dates.ts`.
 */
class X509CertificateReader implements CertificateReader {
  /** By the text that was read: a compile asks again each time, and reading costs about a millisecond. */
  readonly #certificates = new Map<string, CertificateFacts | string>();
  readonly #bundles = new Map<string, string | null>();

  readCertificate(certPem: string, keyPem: string): CertificateFacts | string {
    return remembered(this.#certificates, `${certPem}\n${keyPem}`, () => readCertificate(certPem, keyPem));
  }

  checkCaBundle(pem: string): string | null {
    return remembered(this.#bundles, pem, () => checkCaBundle(pem));
  }
}

export const certificateReader: X509CertificateReader = new X509CertificateReader();

const maxRemembered = 4_096;

function remembered<T>(known: Map<string, T>, key: string, read: () => T): T {
  const before = known.get(key);
  if (before !== undefined) return before;
  if (known.size >= maxRemembered) known.clear();
  const result = read();
  known.set(key, result);
  return result;
}

function readCertificate(certPem: string, keyPem: string): CertificateFacts | string {
  const chain = readChain(certPem);
  if (typeof chain === 'string') return `tls.crt ${chain}`;
  const key = readKey(keyPem);
  if (typeof key === 'string') return `tls.key ${key}`;
  const leaf = chain[0]!;
  if (!leaf.checkPrivateKey(key)) return mismatch(chain, key);
  const refusal = contextError({ cert: certPem, key: keyPem });
  if (refusal !== null) return `cannot be served: ${refusal}`;
  return { names: dnsNames(leaf), fingerprint: leaf.fingerprint256.replaceAll(':', '').toLowerCase() };
}

function checkCaBundle(pem: string): string | null {
  const chain = readChain(pem);
  return typeof chain === 'string' ? chain : contextError({ ca: pem });
}

const pemBlock = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g;
const certificateLabels = ['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE'];

/** All certificates of a PEM text, in order; a string says what is wrong with it. */
function readChain(pem: string): readonly X509Certificate[] | string {
  const blocks = [...pem.matchAll(pemBlock)];
  const begun = pem.split('-----BEGIN ').length - 1;
  if (begun === 0) return 'holds no PEM block; it must begin with -----BEGIN CERTIFICATE-----';
  if (begun !== blocks.length) return 'has a PEM block that is not complete';
  const chain: X509Certificate[] = [];
  for (const [text, label] of blocks) {
    if (!certificateLabels.includes(label!)) return `holds a block ${label}, where only certificates belong`;
    try {
      chain.push(new X509Certificate(text));
    } catch {
      return `has a certificate that can't be read (block ${chain.length + 1})`;
    }
  }
  return chain;
}

function readKey(pem: string): KeyObject | string {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isEncrypted = pem.includes('ENCRYPTED') || code === 'ERR_MISSING_PASSPHRASE';
    return isEncrypted ? 'is encrypted; store it without a passphrase' : 'is not a PEM private key';
  }
}

function mismatch(chain: readonly X509Certificate[], key: KeyObject): string {
  const owner = chain.findIndex((certificate) => certificate.checkPrivateKey(key));
  return owner < 0
    ? 'tls.key does not belong to the certificate in tls.crt'
    : `tls.key belongs to certificate ${owner + 1} of tls.crt; that one must come first`;
}

function contextError(options: SecureContextOptions): string | null {
  try {
    createSecureContext(options);
    return null;
  } catch (error) {
    const { reason, message } = error as Error & { readonly reason?: string };
    return reason ?? message;
  }
}

/** Of the subject alternative names; the common name only where a certificate has none of them at all, as old ones do. */
function dnsNames(leaf: X509Certificate): readonly string[] {
  const names = leaf.subjectAltName?.split(', ').filter((name) => name.startsWith('DNS:')) ?? [];
  if (leaf.subjectAltName !== undefined) return names.map((name) => name.slice('DNS:'.length).toLowerCase());
  const commonName = /^CN=(.+)$/m.exec(leaf.subject)?.[1];
  return commonName === undefined ? [] : [commonName.toLowerCase()];
}
