import { expect, it } from 'vitest';
import { redact } from './redact.ts';

it('blots out keys and secret header values, leaves PEM texts out, keeps the rest', () => {
  const certificate = { certPem: 'CERT', keyPem: 'KEY', names: ['a'], fingerprint: 'f' };
  expect(redact({ certificates: [certificate], caPems: ['CA', 'CA'], port: 80, tls: null })).toEqual({
    certificates: [{ keyPem: '(redacted)', names: ['a'], fingerprint: 'f' }],
    caCertificates: 2,
    port: 80,
    tls: null,
  });
  const pairs = ['Authorization', 'set-cookie', 'x-api-key', 'x-auth-token'].map((name) => ({ name, value: 's3cret' }));
  expect(JSON.stringify(redact({ set: pairs }))).not.toContain('s3cret');
  expect(redact([{ name: 'x-tenant', value: 'blue' }])).toEqual([{ name: 'x-tenant', value: 'blue' }]);
  expect(redact(new Map([['__proto__', { a: 1 }]]))).toEqual(Object.fromEntries([['__proto__', { a: 1 }]]));
});
