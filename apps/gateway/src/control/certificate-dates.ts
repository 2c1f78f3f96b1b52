import { X509Certificate } from 'node:crypto';
import type { Certificate, Listener, RouteTable } from '@fairlead/routing';

/** A certificate as one listener serves it. */
export interface ServedCertificate {
  readonly listener: Listener;
  /** Place in `spec.listeners[].tls.certificateRefs` among those that could be read. */
  readonly index: number;
  /** Milliseconds since the epoch. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** Once per listener, however many addresses it listens on. */
export function servedCertificates(table: RouteTable): readonly ServedCertificate[] {
  const listeners = new Map<string, Listener>();
  for (const bind of table.binds.values()) for (const listener of bind.listeners) listeners.set(listener.id, listener);
  return [...listeners.values()].flatMap((listener) =>
    (listener.tls?.certificates ?? []).map((certificate, index) => ({ listener, index, ...datesOf(certificate) })),
  );
}

const dayMs = 86_400_000;
const warnBeforeMs = 14 * dayMs;

/** What to tell its owner; null while all is well: expired, not valid yet, or expiring within 14 days. */
export function dateWarning({ notBeforeMs, notAfterMs }: ServedCertificate, nowMs: number): string | null {
  if (nowMs > notAfterMs) return `the certificate expired on ${day(notAfterMs)}; clients will refuse it`;
  if (nowMs < notBeforeMs) return `the certificate is not valid before ${day(notBeforeMs)}; clients will refuse it`;
  if (notAfterMs - nowMs < warnBeforeMs) return `the certificate expires on ${day(notAfterMs)}`;
  return null;
}

interface Dates {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** Kept as long as the certificate: reading it costs some 50 µs. */
const known = new WeakMap<Certificate, Dates>();

function datesOf(certificate: Certificate): Dates {
  const before = known.get(certificate);
  if (before !== undefined) return before;
  const { validFromDate, validToDate } = new X509Certificate(certificate.certPem);
  const read = { notBeforeMs: validFromDate.getTime(), notAfterMs: validToDate.getTime() };
  known.set(certificate, read);
  return read;
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
