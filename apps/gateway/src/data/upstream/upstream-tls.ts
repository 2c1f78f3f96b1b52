import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  type ConnectionOptions,
  checkServerIdentity,
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
} from 'node:tls';
import type { BackendTls, SubjectAltName } from '@fairlead/routing';

/** TLS towards the endpoints of one backend: certificates are read once, and checked as its policy says. */
export class UpstreamTls {
  readonly #tls: BackendTls;
  readonly #context: SecureContext;
  readonly #checkIdentity: (name: string, certificate: PeerCertificate) => Error | undefined;

  /** Throws when a certificate or key can't be read. */
  constructor(tls: BackendTls) {
    this.#tls = tls;
    const { caPems, clientCertificate } = tls;
    // OpenSSL passes over what it can't read, and nothing would be trusted.
    for (const pem of caPems) new X509Certificate(pem);
    this.#context = createSecureContext({
      ...(caPems.length > 0 && { ca: [...caPems] }),
      ...(clientCertificate !== null && { cert: clientCertificate.certPem, key: clientCertificate.keyPem }),
      minVersion: 'TLSv1.2',
    });
    this.#checkIdentity = (_name, certificate) => checkBackendIdentity(tls, certificate);
  }

  /** `protocols`: offered by ALPN. */
  options(protocols: readonly string[]): ConnectionOptions {
    return {
      secureContext: this.#context,
      // RFC 6066 §3: "Literal IPv4 and IPv6 addresses are not permitted".
      servername: isIP(this.#tls.hostname) === 0 ? this.#tls.hostname : '',
      ALPNProtocols: [...protocols],
      rejectUnauthorized: true,
      checkServerIdentity: this.#checkIdentity,
    };
  }
}

/** The error that speaks against `certificate`, undefined when it is the backend's. */
export function checkBackendIdentity(tls: BackendTls, certificate: PeerCertificate): Error | undefined {
  const wanted = tls.subjectAltNames;
  if (wanted.length === 0) return checkServerIdentity(tls.hostname, certificate);
  const names = parseAltNames(certificate.subjectaltname ?? '');
  if (wanted.some((name) => isNamed(name, names))) return undefined;
  return new Error('the certificate carries none of the subject alternative names asked for');
}

function isNamed(wanted: SubjectAltName, names: readonly AltName[]): boolean {
  if (wanted.type === 'URI') return names.some((name) => name.type === 'URI' && name.value === wanted.value);
  const value = wanted.value.toLowerCase();
  return names.some((name) => name.type === 'DNS' && coversHost(name.value.toLowerCase(), value));
}

/** RFC 9525 §6.3: a wildcard is the whole leftmost label and stands for one label. */
function coversHost(presented: string, host: string): boolean {
  if (presented === host) return true;
  if (!presented.startsWith('*.') || host.startsWith('*.')) return false;
  const dot = host.indexOf('.');
  return dot > 0 && presented.slice(1) === host.slice(dot);
}

interface AltName {
  readonly type: string;
  readonly value: string;
}

/**
 * Reads Node's text form of a SAN extension: `DNS:a, URI:spiffe://b, DNS:"quoted as JSON, because of its comma"`. Whatever does not look
 * like that is no name.
 */
export function parseAltNames(text: string): readonly AltName[] {
  const names: AltName[] = [];
  for (const item of text.match(altName) ?? []) {
    const colon = item.indexOf(':');
    const value = item.slice(colon + 1);
    names.push({ type: item.slice(0, colon), value: value.startsWith('"') ? unquote(value) : value });
  }
  return names;
}

/** Sticky behind the separator, so that a quoted comma never begins a name. */
const altName = /(?<=^|, )[A-Za-z ]+:(?:"(?:[^"\\]|\\.)*"|[^",]*)(?=, |$)/g;

function unquote(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return '';
  }
}
