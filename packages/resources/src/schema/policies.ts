import { options } from './gateway.ts';
import {
  group,
  hostname,
  kind,
  labelName,
  objectName,
  preciseHostname,
  subdomainName,
  uri,
  wellKnownCas,
} from './patterns.ts';
import { localReference } from './references.ts';
import { list, type ObjectShape, object, oneOf } from './shape.ts';
import { distinctTargets } from './targets.ts';

export const referenceGrantSpec: ObjectShape = object(
  {
    from: list(object({ group, kind, namespace: labelName }, {}), { minItems: 1, maxItems: 16 }),
    to: list(object({ group, kind }, { name: objectName }), { minItems: 1, maxItems: 16 }),
  },
  {},
);

const subjectAltName: ObjectShape = object(
  { type: oneOf('Hostname', 'URI') },
  { hostname, uri },
  ({ type, hostname, uri }: { type: string; hostname?: string; uri?: string }, report) => {
    if (type === 'Hostname' && hostname === undefined) report(['hostname'], 'is required with type Hostname');
    if (type === 'Hostname' && uri !== undefined) report(['uri'], 'must not be set with type Hostname');
    if (type === 'URI' && uri === undefined) report(['uri'], 'is required with type URI');
    if (type === 'URI' && hostname !== undefined) report(['hostname'], 'must not be set with type URI');
  },
);

export const backendTlsPolicySpec: ObjectShape = object(
  {
    targetRefs: list(object({ group, kind, name: objectName }, { sectionName: subdomainName }), {
      minItems: 1,
      maxItems: 16,
      rules: [distinctTargets],
    }),
    validation: object(
      { hostname: preciseHostname },
      {
        caCertificateRefs: list(localReference, { minItems: 1, maxItems: 8 }),
        wellKnownCACertificates: wellKnownCas,
        subjectAltNames: list(subjectAltName, { maxItems: 5 }),
      },
      (validation: object, report) => {
        if ('caCertificateRefs' in validation !== 'wellKnownCACertificates' in validation) return;
        report([], 'must have exactly one of caCertificateRefs and wellKnownCACertificates');
      },
    ),
  },
  { options },
);
