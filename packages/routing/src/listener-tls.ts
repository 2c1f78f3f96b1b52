import type { FrontendTls, FrontendValidation, GatewayListener } from '@fairlead/resources';
import { type Resolved, resolveCaBundle, resolveCertificate } from './certificates.ts';
import type { CertificateReader } from './compile-options.ts';
import type { Lookups } from './graph.ts';
import type { FieldPath, Finding } from './problems.ts';
import type { Reads } from './reads.ts';
import type { Certificate, ClientValidation } from './table.ts';

/** What it takes to look up what an object refers to. */
export interface TlsContext {
  /** Of the object that refers. */
  readonly kind: 'Gateway' | 'ListenerSet';
  readonly namespace: string;
  readonly certificates: CertificateReader;
  readonly reads: Reads<Lookups>;
}

export interface ResolvedAll<T> {
  readonly values: readonly T[];
  readonly findings: readonly Finding[];
}

/** The certificates of an HTTPS listener; those that can't be had are findings, the others still serve. */
export function resolveListenerCertificates(
  spec: GatewayListener,
  path: FieldPath,
  context: TlsContext,
): ResolvedAll<Certificate> {
  const refs = spec.tls?.certificateRefs ?? [];
  if (refs.length === 0) {
    const message = 'a listener with protocol HTTPS needs at least one Secret in tls.certificateRefs';
    return { values: [], findings: [{ path: [...path, 'tls'], reason: 'InvalidCertificateRef', message }] };
  }
  const reasons = { kind: 'InvalidCertificateRef', invalid: 'InvalidCertificateRef' };
  return collect(
    refs.map((ref, i) => {
      const to = {
        group: ref.group ?? '',
        kind: ref.kind ?? 'Secret',
        namespace: ref.namespace ?? context.namespace,
        name: ref.name,
      };
      const reference = { from: referrer(context), to, path: [...path, 'tls', 'certificateRefs', i] };
      return resolveCertificate(reference, reasons, context.certificates, context.reads);
    }),
  );
}

/** "Per port configuration … overrides the default configuration for all Listeners handling HTTPS traffic that match this port." */
export function findFrontendValidation(
  frontend: FrontendTls | undefined,
  port: number,
): { readonly validation: FrontendValidation; readonly path: FieldPath } | null {
  const base = ['spec', 'tls', 'frontend'];
  const index = frontend?.perPort?.findIndex((entry) => entry.port === port) ?? -1;
  const config = index >= 0 ? frontend!.perPort![index]!.tls : frontend?.default;
  const path = index >= 0 ? [...base, 'perPort', index, 'tls', 'validation'] : [...base, 'default', 'validation'];
  return config?.validation === undefined ? null : { validation: config.validation, path };
}

/** Null when not a single CA could be resolved: then nobody may be let in. */
export function resolveClientValidation(
  validation: FrontendValidation,
  path: FieldPath,
  context: TlsContext,
): { readonly value: ClientValidation | null; readonly findings: readonly Finding[] } {
  const reasons = { kind: 'InvalidCACertificateKind', invalid: 'InvalidCACertificateRef' };
  const { values, findings } = collect(
    validation.caCertificateRefs.map((ref, i) => {
      const to = { group: ref.group, kind: ref.kind, namespace: ref.namespace ?? context.namespace, name: ref.name };
      const reference = { from: referrer(context), to, path: [...path, 'caCertificateRefs', i] };
      return resolveCaBundle(reference, reasons, context.certificates, context.reads);
    }),
  );
  if (values.length === 0) return { value: null, findings };
  return { value: { caPems: values, mode: validation.mode ?? 'AllowValidOnly' }, findings };
}

function referrer(context: TlsContext): { readonly kind: string; readonly namespace: string } {
  return { kind: context.kind, namespace: context.namespace };
}

function collect<T>(all: readonly Resolved<T>[]): ResolvedAll<T> {
  const values: T[] = [];
  const findings: Finding[] = [];
  for (const one of all) {
    if (one.value !== undefined) values.push(one.value);
    if (one.finding !== undefined) findings.push(one.finding);
  }
  return { values, findings };
}
