import { expect, it } from 'vitest';
import { compile } from './compile.ts';
import type { CompileOptions } from './compile-options.ts';
import { parseManifests, testOptions, toState } from './test-kit.ts';

const lastGood = { certPem: 'cert a', keyPem: 'key', names: ['a'], fingerprint: 'the last good one' };
const options: CompileOptions = {
  ...testOptions,
  certificates: { ...testOptions.certificates, lastGood: (secret) => (secret === 'default/a' ? lastGood : null) },
};

function compiled(secret: string, certificateRef: string = '{ name: a }') {
  return compile(
    toState(
      parseManifests(`
kind: GatewayClass
metadata: { name: fairlead }
spec: { controllerName: fairlead.dev/gateway }
---
kind: Gateway
metadata: { name: gw }
spec:
  gatewayClassName: fairlead
  listeners: [{ name: https, port: 443, protocol: HTTPS, tls: { certificateRefs: [${certificateRef}] } }]
---
${secret}
`),
    ),
    options,
    null,
  );
}

function result(secret: string, certificateRef?: string): readonly string[] {
  const { table, statuses } = compiled(secret, certificateRef);
  const [bind] = table.binds.values();
  const served = bind?.listeners[0]?.tls?.certificates.map(({ fingerprint }) => fingerprint) ?? [];
  const [gateway] = statuses.gateways.values();
  const conditions = gateway!.listeners[0]!.conditions.filter(({ type }) => type !== 'Conflicted');
  return [...served, ...conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`)];
}

const bad = ['Accepted True Accepted', 'Programmed False Invalid'];

it('a Secret that has become bad serves on with what it held, and is told', () => {
  const secret = (name: string, cert: string, key: string): string =>
    `kind: Secret\nmetadata: { name: ${name} }\nstringData: { tls.crt: ${cert}, tls.key: ${key} }`;
  const kept = [
    'the last good one',
    'Accepted True Accepted',
    'Programmed True Programmed',
    'ResolvedRefs False InvalidCertificateRef',
  ];
  expect(result(secret('a', 'cert a', 'key'))[0]).toBe('sha256 of cert a');
  expect(result(secret('a', 'cert a', 'another'))).toEqual(kept);
  expect(result(secret('a', 'nonsense', 'key'))).toEqual(kept);
  expect(result('kind: Secret\nmetadata: { name: a }')).toEqual(kept);
  expect(result(secret('b', 'nonsense', 'key'), '{ name: b }')).toEqual([
    ...bad,
    'ResolvedRefs False InvalidCertificateRef',
  ]);
});

it('nothing is kept of a Secret that is gone or that may not be used any more', () => {
  expect(result('kind: Namespace\nmetadata: { name: default }')).toEqual([
    ...bad,
    'ResolvedRefs False InvalidCertificateRef',
  ]);
  const foreign =
    'kind: Secret\nmetadata: { name: a, namespace: other }\nstringData: { tls.crt: cert a, tls.key: key }';
  expect(result(foreign, '{ name: a, namespace: other }')).toEqual([...bad, 'ResolvedRefs False RefNotPermitted']);
});
