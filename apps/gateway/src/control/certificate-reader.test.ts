import { generateKeyPairSync } from 'node:crypto';
import { generate } from 'selfsigned';
import { beforeAll, describe, expect, it } from 'vitest';
import { certificateReader } from './certificate-reader.ts';

type Pems = Awaited<ReturnType<typeof generate>>;
let ours: Pems;
let other: Pems;
beforeAll(async () => {
  const altNames = [
    { type: 2 as const, value: 'Shop.Example.com' },
    { type: 2 as const, value: '*.example.org' },
    { type: 7 as const, ip: '10.0.0.1' },
  ];
  ours = await generate([{ name: 'commonName', value: 'ignored.example' }], {
    keyType: 'ec',
    extensions: [{ name: 'subjectAltName', altNames }],
  });
  other = await generate([{ name: 'commonName', value: 'Old.Example.net' }], { keyType: 'ec', extensions: [] });
});

const read = (cert: string, key: string) => certificateReader.readCertificate(cert, key);

describe('readCertificate', () => {
  it('reads the DNS names and the fingerprint of the leaf', () => {
    expect(read(ours.cert, ours.private)).toEqual({
      names: ['shop.example.com', '*.example.org'],
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(read(`${ours.cert}\n${other.cert}`, ours.private)).toEqual(read(ours.cert, ours.private));
  });

  it('falls back to the common name of certificates without alternative names', () => {
    expect(read(other.cert, other.private)).toMatchObject({ names: ['old.example.net'] });
  });

  it.each<[string, () => [string, string], string]>([
    ['an empty chain', () => ['', ours.private], 'tls.crt holds no PEM block'],
    ['text', () => ['hello', ours.private], 'tls.crt holds no PEM block'],
    [
      'half a certificate',
      () => [ours.cert.slice(0, 200), ours.private],
      'tls.crt has a PEM block that is not complete',
    ],
    ['a key for a certificate', () => [ours.private, ours.private], 'tls.crt holds a block PRIVATE KEY'],
    ['rubbish in a block', () => [`${ours.cert}\n${broken}`, ours.private], "can't be read (block 2)"],
    ['text for a key', () => [ours.cert, 'hello'], 'tls.key is not a PEM private key'],
    ['a certificate for a key', () => [ours.cert, ours.cert], 'tls.key is not a PEM private key'],
    ['an encrypted key', () => [ours.cert, encryptedKey()], 'tls.key is encrypted'],
    ["somebody else's key", () => [ours.cert, other.private], 'does not belong to the certificate'],
    [
      'a chain in the wrong order',
      () => [`${other.cert}\n${ours.cert}`, ours.private],
      'belongs to certificate 2 of tls.crt',
    ],
  ])('refuses %s', (_, pems, message) => {
    expect(read(...pems())).toContain(message);
  });

  it('refuses what OpenSSL would not serve', async () => {
    const weak = await generate([], { keySize: 1_024 });
    expect(read(weak.cert, weak.private)).toContain('cannot be served');
  });
});

describe('checkCaBundle', () => {
  it('takes one certificate or more, and nothing else', () => {
    expect(certificateReader.checkCaBundle(ours.cert)).toBeNull();
    expect(certificateReader.checkCaBundle(`# roots\n${ours.cert}\n${other.cert}`)).toBeNull();
    expect(certificateReader.checkCaBundle('')).toContain('no PEM block');
    expect(certificateReader.checkCaBundle(`${ours.cert}\n${broken}`)).toContain('block 2');
  });
});

const broken = '-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n';

function encryptedKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString();
}
