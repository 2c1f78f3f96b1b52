import type { CertificateReader } from '@fairlead/routing';
import { expect, it } from 'vitest';
import { LastGoodCertificates } from './last-good-certificates.ts';

const reader: CertificateReader = {
  readCertificate: (certPem) => (certPem === 'bad' ? 'is bad' : { names: ['a'], fingerprint: certPem }),
  checkCaBundle: (pem) => (pem === 'bad' ? 'is bad' : null),
};

it('remembers what a Secret last held that was good, until the Secret is gone', () => {
  const certificates = new LastGoodCertificates(reader);
  expect(certificates.lastGood('ns/a')).toBeNull();
  expect(certificates.readCertificate('bad', 'key', 'ns/a')).toBe('is bad');
  expect(certificates.lastGood('ns/a')).toBeNull();
  certificates.readCertificate('one', 'key 1', 'ns/a');
  certificates.readCertificate('two', 'key 2', 'ns/a');
  certificates.readCertificate('three', 'key 3', 'ns/b');
  expect(certificates.readCertificate('bad', 'key', 'ns/a')).toBe('is bad');
  expect(certificates.lastGood('ns/a')).toEqual({ certPem: 'two', keyPem: 'key 2', names: ['a'], fingerprint: 'two' });
  certificates.keepOnly(new Map([['ns/a', {}]]));
  expect(certificates.lastGood('ns/b')).toBeNull();
  expect(certificates.lastGood('ns/a')?.fingerprint).toBe('two');
  certificates.keepOnly(new Map());
  expect(certificates.lastGood('ns/a')).toBeNull();
});

it('leaves the rest to who reads', () => {
  const certificates = new LastGoodCertificates(reader);
  expect(certificates.checkCaBundle('bad')).toBe('is bad');
  expect(certificates.checkCaBundle('good')).toBeNull();
});
