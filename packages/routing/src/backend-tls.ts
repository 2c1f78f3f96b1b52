import type { BackendTlsPolicy, BackendTlsValidation, Condition } from '@fairlead/resources';
import { compareAge, objectKey } from './age.ts';
import { resolveCaBundle } from './certificates.ts';
import type { CertificateReader } from './compile-options.ts';
import { ConditionWriter, joinFindings } from './conditions.ts';
import { isPreciseHostname } from './field-syntax.ts';
import type { Lookups, PolicyLoss, PolicyNode, ServiceTls } from './graph.ts';
import { type Finding, toProblem } from './problems.ts';
import type { Reads } from './reads.ts';
import { keepMaps } from './same.ts';
import type { RuleFailure, SubjectAltName } from './table.ts';

/**
 * "When more than one BackendTLSPolicy selects the same target and sectionName … The older policy by creation timestamp takes precedence
 * [then] the policy appearing first in alphabetical order". By policy key; policies without losses are absent.
 */
export function findPolicyLosses(
  policies: ReadonlyMap<string, BackendTlsPolicy>,
): ReadonlyMap<string, readonly PolicyLoss[]> {
  const winners = new Map<string, string>();
  const losses = new Map<string, PolicyLoss[]>();
  for (const [key, policy] of [...policies].sort(([, a], [, b]) => compareAge(a.metadata, b.metadata))) {
    policy.spec.targetRefs.forEach((ref, target) => {
      const claim = `${policy.metadata.namespace} ${ref.group} ${ref.kind} ${ref.name} ${ref.sectionName ?? ''}`;
      const winner = winners.get(claim);
      if (winner === undefined) winners.set(claim, key);
      else losses.set(key, [...(losses.get(key) ?? []), { target, winner }]);
    });
  }
  return losses;
}

/** One policy: what it governs, how backends are checked by it, and what its ancestors are told. */
export function buildPolicy(
  policy: BackendTlsPolicy,
  certificates: CertificateReader,
  reads: Reads<Lookups>,
): PolicyNode {
  const { namespace = '', name, generation = 0 } = policy.metadata;
  const losses = reads.get('policyLosses', objectKey(policy.metadata)) ?? [];
  const conflicts = losses.map((loss) => toConflict(policy, loss));
  const missing = findMissingTargets(policy, reads);
  const invalid = checkValidation(policy.spec.validation);
  const cas = resolveCas(policy, certificates, reads);
  const refused = [
    ...(losses.length === policy.spec.targetRefs.length ? conflicts : []),
    ...invalid,
    ...cas.refused,
    ...(missing.length === policy.spec.targetRefs.length ? missing : []),
  ];
  const targets = policy.spec.targetRefs.flatMap((ref, target) =>
    ref.group === '' && ref.kind === 'Service'
      ? [{ target, service: `${namespace}/${ref.name}`, section: ref.sectionName ?? '' }]
      : [],
  );
  const object = { kind: 'BackendTLSPolicy', namespace, name };
  return {
    policy,
    governs: targets.filter(({ target }) => !losses.some((loss) => loss.target === target)),
    services: [...new Set(targets.map(({ service }) => service))],
    tls: invalid.length > 0 || cas.refused.length > 0 ? unusable : toTls(policy.spec.validation, cas.pems),
    conditions: toConditions(refused, [...conflicts, ...missing], cas.findings, new ConditionWriter(generation)),
    problems: [
      ...[...conflicts, ...invalid, ...cas.refused, ...missing, ...cas.findings].map((f) => toProblem(object, f)),
      ...unknownOptions(policy).map((finding) => toProblem(object, finding, 'warning')),
    ],
  };
}

const unusable: RuleFailure = { status: 500, reason: 'invalid_backend_tls' };

function toConflict(policy: BackendTlsPolicy, { target, winner }: PolicyLoss): Finding {
  const { kind, name } = policy.spec.targetRefs[target]!;
  const message = `the older BackendTLSPolicy "${winner}" governs ${kind} "${name}" already; remove one of them`;
  return { path: ['spec', 'targetRefs', target], reason: 'Conflicted', message };
}

function findMissingTargets(policy: BackendTlsPolicy, reads: Reads<Lookups>): readonly Finding[] {
  const { namespace = '' } = policy.metadata;
  return policy.spec.targetRefs.flatMap((ref, target) => {
    const fail = (message: string): Finding[] => [
      { path: ['spec', 'targetRefs', target], reason: 'TargetNotFound', message },
    ];
    if (ref.group !== '' || ref.kind !== 'Service')
      return fail(`kind ${ref.kind} is not supported as target; use Service`);
    const service = reads.get('services', `${namespace}/${ref.name}`);
    if (service === undefined) return fail(`Service "${namespace}/${ref.name}" not found`);
    const named = (service.spec.ports ?? []).some((port) => port.name === ref.sectionName);
    return ref.sectionName === undefined || named
      ? []
      : fail(`Service "${namespace}/${ref.name}" has no port named "${ref.sectionName}"`);
  });
}

function checkValidation(validation: BackendTlsValidation): readonly Finding[] {
  const findings: Finding[] = [];
  const fail = (path: Finding['path'], message: string): void => {
    findings.push({ path: ['spec', 'validation', ...path], reason: 'Invalid', message });
  };
  const refs = validation.caCertificateRefs?.length ?? 0;
  const wellKnown = validation.wellKnownCACertificates ?? '';
  if (refs > 0 && wellKnown !== '') fail([], 'set either caCertificateRefs or wellKnownCACertificates, not both');
  else if (refs === 0 && wellKnown === '') fail([], 'set caCertificateRefs, or wellKnownCACertificates to System');
  else if (wellKnown !== '' && wellKnown !== 'System') {
    fail(['wellKnownCACertificates'], `"${wellKnown}" is not known; use System`);
  }
  if (!isPreciseHostname(validation.hostname)) fail(['hostname'], `"${validation.hostname}" is not a full hostname`);
  (validation.subjectAltNames ?? []).forEach((san, i) => {
    const error = checkSan(san.type, san.hostname, san.uri);
    if (error !== null) fail(['subjectAltNames', i], error);
  });
  return findings;
}

function checkSan(type: string, hostname: string | undefined, uri: string | undefined): string | null {
  if (type === 'Hostname') {
    const bare = hostname?.startsWith('*.') ? hostname.slice(2) : hostname;
    return bare !== undefined && isPreciseHostname(bare) ? null : 'hostname must be a DNS name with type Hostname';
  }
  if (type !== 'URI') return `type "${type}" is not supported; use Hostname or URI`;
  return uri !== undefined && /^[^:/?#]+:./.test(uri) ? null : 'uri must be a URI with a scheme with type URI';
}

interface ResolvedCas {
  readonly pems: readonly string[];
  readonly findings: readonly Finding[];
  /** "If ALL CACertificateRefs are invalid, … `Accepted` … `status: False`, with a Reason `NoValidCACertificate`." */
  readonly refused: readonly Finding[];
}

function resolveCas(policy: BackendTlsPolicy, certificates: CertificateReader, reads: Reads<Lookups>): ResolvedCas {
  const { namespace = '' } = policy.metadata;
  const refs = policy.spec.validation.caCertificateRefs ?? [];
  const path = ['spec', 'validation', 'caCertificateRefs'];
  const reasons = { kind: 'InvalidKind', invalid: 'InvalidCACertificateRef' };
  const pems: string[] = [];
  const findings: Finding[] = [];
  refs.forEach((ref, i) => {
    const to = { group: ref.group, kind: ref.kind, namespace, name: ref.name };
    const reference = { from: { kind: 'BackendTLSPolicy', namespace }, to, path: [...path, i] };
    const { value, finding } = resolveCaBundle(reference, reasons, certificates, reads);
    if (value !== undefined) pems.push(value);
    if (finding !== undefined) findings.push(finding);
  });
  const message = 'none of the CA certificates could be resolved, so that no backend can be trusted';
  const refused = refs.length > 0 && pems.length === 0 ? [{ path, reason: 'NoValidCACertificate', message }] : [];
  return { pems, findings, refused };
}

/** "If SubjectAltNames are specified, Hostname … MUST NOT be used for authentication." */
function toTls(validation: BackendTlsValidation, caPems: readonly string[]): Exclude<PolicyNode['tls'], RuleFailure> {
  const subjectAltNames = (validation.subjectAltNames ?? []).map(
    (san): SubjectAltName =>
      san.type === 'URI'
        ? { type: 'URI', value: san.uri ?? '' }
        : { type: 'DNS', value: (san.hostname ?? '').toLowerCase() },
  );
  return { hostname: validation.hostname.toLowerCase(), caPems, subjectAltNames };
}

function toConditions(
  refused: readonly Finding[],
  partly: readonly Finding[],
  unresolved: readonly Finding[],
  write: ConditionWriter,
): readonly Condition[] {
  const remark = partly.length === 0 ? 'policy is accepted' : `policy is accepted in part: ${joinFindings(partly)}`;
  return [
    refused.length === 0 ? write.isTrue('Accepted', 'Accepted', remark) : write.failed('Accepted', refused),
    unresolved.length === 0
      ? write.isTrue('ResolvedRefs', 'ResolvedRefs', 'all references are resolved')
      : write.failed('ResolvedRefs', unresolved),
  ];
}

function unknownOptions(policy: BackendTlsPolicy): readonly Finding[] {
  return Object.keys(policy.spec.options ?? {}).map((option) => ({
    path: ['spec', 'options', option],
    reason: 'UnsupportedValue',
    message: `option "${option}" is not known here and has no effect`,
  }));
}

/** What governs each Service, by its key. Services that no policy names are absent. What is as before keeps its identity. */
export function collectServiceTls(
  policies: Iterable<PolicyNode>,
  before: ReadonlyMap<string, ServiceTls>,
): ReadonlyMap<string, ServiceTls> {
  const services = new Map<string, Map<string, PolicyNode>>();
  for (const policy of policies) {
    for (const { service, section } of policy.governs) {
      const sections = services.get(service) ?? new Map<string, PolicyNode>();
      services.set(service, sections.set(section, policy));
    }
  }
  return keepMaps(before, services);
}
