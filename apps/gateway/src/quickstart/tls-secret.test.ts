import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parse } from 'yaml';
import { certificateReader } from '../control/certificate-reader.ts';
import { ensureTlsSecret } from './tls-secret.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-secret-'));
  path = join(dir, 'tls-secret.yaml');
});
afterEach(() => rmSync(dir, { recursive: true }));

const decoded = (base64: string) => Buffer.from(base64, 'base64').toString();

it('makes a Secret that the gateway can serve, once, for its owner only', async () => {
  await ensureTlsSecret(path, 'demo-tls');
  const first = readFileSync(path, 'utf8');
  const { kind, metadata, data } = parse(first);
  expect([kind, metadata.name]).toEqual(['Secret', 'demo-tls']);
  const facts = certificateReader.readCertificate(decoded(data['tls.crt']), decoded(data['tls.key']));
  expect(facts).toMatchObject({ names: ['localhost'] });
  expect(new X509Certificate(decoded(data['tls.crt'])).subjectAltName).toContain('IP Address:127.0.0.1');
  expect(statSync(path).mode & 0o077).toBe(0);
  await ensureTlsSecret(path, 'demo-tls');
  expect(readFileSync(path, 'utf8')).toBe(first);
});

it('replaces a certificate that has expired, and leaves alone what it does not understand', async () => {
  const { cert } = await generate([], { keyType: 'ec', notAfterDate: new Date(Date.now() + 3_600_000) });
  writeFileSync(path, `data:\n  tls.crt: ${Buffer.from(cert).toString('base64')}\n`);
  await ensureTlsSecret(path, 'demo-tls');
  expect(readFileSync(path, 'utf8')).toContain('name: demo-tls');
  writeFileSync(path, 'stringData: { }\n');
  await ensureTlsSecret(path, 'demo-tls');
  expect(readFileSync(path, 'utf8')).toBe('stringData: { }\n');
});
