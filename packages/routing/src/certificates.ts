import type { ConfigMap, Secret } from '@fairlead/resources';
import type { CertificateReader } from './compile-options.ts';
import type { Lookups } from './graph.ts';
import type { FieldPath, Finding } from './problems.ts';
import type { Reads } from './reads.ts';
import { mayRefer, notPermitted, type Referent, type Referrer } from './references.ts';
import type { Certificate } from './table.ts';

/** A reference to be resolved: who refers to what, and where it is written. */
export interface Reference {
  readonly from: Referrer;
  readonly to: Referent;
  readonly path: FieldPath;
}

/** The reasons a kind of reference fails with; every place in the API has its own. */
export interface ReferenceReasons {
  readonly kind: string;
  readonly invalid: string;
}

/** Both: what is wrong, and what is used all the same. */
export type Resolved<T> = { readonly value?: T; readonly finding?: Finding };

/** The certificate in a TLS Secret; where that is bad the last good one, with a finding. */
export function resolveCertificate(
  reference: Reference,
  reasons: ReferenceReasons,
  reader: CertificateReader,
  reads: Reads<Lookups>,
): Resolved<Certificate> {
  const { to } = reference;
  const refusal = refuse(reference, reasons, ['Secret'], reads);
  if (refusal !== null) return { finding: refusal };
  const fail = (message: string): { readonly finding: Finding } => invalid(reference, reasons.invalid, message);
  const secret = reads.get('secrets', `${to.namespace}/${to.name}`);
  if (secret === undefined) return fail(`Secret "${to.namespace}/${to.name}" not found`);
  const read = readSecret(secret, `${to.namespace}/${to.name}`, reader);
  if (typeof read !== 'string') return { value: read };
  const lastGood = reader.lastGood?.(`${to.namespace}/${to.name}`) ?? null;
  if (lastGood === null) return fail(read);
  return { value: lastGood, ...fail(`${read}; the certificate it held before stays in use`) };
}

/** A string says what is wrong with it. */
function readSecret(secret: Secret, name: string, reader: CertificateReader): Certificate | string {
  const certPem = secretText(secret, 'tls.crt');
  const keyPem = secretText(secret, 'tls.key');
  if (!certPem || !keyPem) return `Secret "${name}" must have the keys tls.crt and tls.key (type kubernetes.io/tls)`;
  const facts = reader.readCertificate(certPem, keyPem, name);
  if (typeof facts === 'string') return `Secret "${name}": ${facts}`;
  return { certPem, keyPem, names: facts.names, fingerprint: facts.fingerprint };
}

/** The CA bundle in the key `ca.crt` of a ConfigMap (core) or a Secret (ours). */
export function resolveCaBundle(
  reference: Reference,
  reasons: ReferenceReasons,
  reader: CertificateReader,
  reads: Reads<Lookups>,
): Resolved<string> {
  const { to } = reference;
  const refusal = refuse(reference, reasons, ['ConfigMap', 'Secret'], reads);
  if (refusal !== null) return { finding: refusal };
  const fail = (message: string): Resolved<string> => invalid(reference, reasons.invalid, message);
  const key = `${to.namespace}/${to.name}`;
  const holder = to.kind === 'Secret' ? reads.get('secrets', key) : reads.get('configMaps', key);
  if (holder === undefined) return fail(`${to.kind} "${key}" not found`);
  const pem = to.kind === 'Secret' ? secretText(holder, 'ca.crt') : configText(holder, 'ca.crt');
  if (!pem) return fail(`${to.kind} "${key}" must have the key ca.crt with a PEM bundle of CA certificates`);
  const error = reader.checkCaBundle(pem);
  return error === null ? { value: pem } : fail(`${to.kind} "${key}", key ca.crt: ${error}`);
}

/** Kind first, then permission, both before existence. */
function refuse(
  reference: Reference,
  reasons: ReferenceReasons,
  kinds: readonly string[],
  reads: Reads<Lookups>,
): Finding | null {
  const { from, to, path } = reference;
  if (to.group !== '' || !kinds.includes(to.kind)) {
    const named = to.group === '' ? to.kind : `${to.group}/${to.kind}`;
    return { path, reason: reasons.kind, message: `kind ${named} is not supported; use ${kinds.join(' or ')}` };
  }
  return mayRefer(from, to, reads) ? null : { path, reason: 'RefNotPermitted', message: notPermitted(from, to) };
}

function invalid(reference: Reference, reason: string, message: string): { readonly finding: Finding } {
  return { finding: { path: reference.path, reason, message } };
}

function secretText(secret: Secret | ConfigMap, key: string): string {
  const plain = (secret as Secret).stringData?.[key];
  return plain ?? fromBase64(secret.data?.[key]);
}

function configText(map: ConfigMap | Secret, key: string): string {
  return map.data?.[key] ?? fromBase64((map as ConfigMap).binaryData?.[key]);
}

/** '' when absent or no base64. PEM is ASCII, so bytes are characters. */
function fromBase64(text: string | undefined): string {
  if (text === undefined) return '';
  try {
    return atob(text);
  } catch {
    return '';
  }
}
