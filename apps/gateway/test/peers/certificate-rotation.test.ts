import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificate } from '@fairlead/routing';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { certificate } from '../downstream/certificates.ts';
import { openTls, RawClient, until } from '../downstream/raw-client.ts';
import { until as eventually, freePort, GatewayUnderTest } from '../process/gateway-under-test.ts';
import { gatewayObjects, secretObject, serviceObjects } from '../process/manifests.ts';
import { EchoBackend } from './echo-backend.ts';
import { HttpsLoad, servedFingerprint } from './https-load.ts';
import { httpRoute, httpsListener, rule } from './objects.ts';
import { Scratch } from './scratch.ts';

const name = 'a.example';
const request = `GET /x HTTP/1.1\r\nHost: ${name}\r\n\r\n`;

let first: Certificate;
let second: Certificate;
let third: Certificate;
let other: Certificate;
let backend: EchoBackend;
let gateway: GatewayUnderTest;
let scratch: Scratch;
let port: number;

beforeAll(async () => {
  [first, second, third, other] = await Promise.all([
    certificate([name]),
    certificate([name]),
    certificate([name]),
    certificate(['b.example']),
  ]);
});

beforeEach(async () => {
  port = await freePort();
  scratch = new Scratch();
  backend = await EchoBackend.start('a');
  const listener = (hostname: string, secret: string): object =>
    httpsListener({ name: secret, port, hostname, secrets: [secret] });
  gateway = await GatewayUnderTest.start({
    files: {
      'gateway.yaml': gatewayObjects([listener(name, 'a'), listener('b.example', 'b')]),
      'services.yaml': serviceObjects('a', [backend.port]),
      'routes.yaml': [httpRoute('r', { rules: [rule('/', 'a')] })],
      'a.yaml': [secretOf('a', first)],
      'b.yaml': [secretOf('b', other)],
    },
    flags: ['--workers', '2', '--status', join(scratch.path, 'status.json')],
  });
});

afterEach(async () => {
  await gateway.cleanUp();
  backend.stop();
  scratch.remove();
});

function secretOf(secret: string, { certPem, keyPem }: Certificate): object {
  return secretObject(secret, certPem, keyPem);
}

function statusText(): string {
  return readFileSync(join(scratch.path, 'status.json'), 'utf8');
}

async function shows(wanted: Certificate): Promise<void> {
  // Several, so that both workers are asked.
  await eventually('the certificate is served', async () => {
    const served = await Promise.all(Array.from({ length: 12 }, () => servedFingerprint(port, name)));
    return served.every((fingerprint) => fingerprint === wanted.fingerprint);
  });
}

describe('a new certificate', () => {
  it('is shown to new connections; those that stand go on', async () => {
    await shows(first);
    const socket = await openTls(port, { servername: name });
    const client = new RawClient(socket);
    for (const [i, next] of [second, third, first].entries()) {
      gateway.write('a.yaml', [secretOf('a', next)]);
      await shows(next);
      client.send(request);
      await until(
        () => client.text.split('HTTP/1.1 200 OK').length === i + 2,
        () => `answer ${i} on the old connection`,
      );
    }
    expect(client.ended).toBe(false);
    client.close();
  });

  it('again and again fails nobody under load', async () => {
    const load = new HttpsLoad(port, name);
    for (const next of [second, third, first, second, third]) {
      gateway.write('a.yaml', [secretOf('a', next)]);
      await shows(next);
      const before = load.answers;
      await eventually('the load goes on', () => load.answers > before + 20);
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(load.answers).toBeGreaterThan(100);
    expect([...load.seen].sort()).toEqual([first, second, third].map(({ fingerprint }) => fingerprint).sort());
  });
});

describe('a certificate that can not be used', () => {
  const broken: readonly (readonly [string, () => object])[] = [
    ['with the key of another', () => secretObject('a', second.certPem, third.keyPem)],
    ['that is no PEM', () => secretObject('a', 'rubbish', second.keyPem)],
    ['without a key', () => secretObject('a', second.certPem, '')],
  ];

  it.each(broken)('%s is told, and the last good one stays', async (_what, secret) => {
    await shows(first);
    const load = new HttpsLoad(port, name);
    gateway.write('a.yaml', [secret()]);
    await eventually('it is told', () => statusText().includes('InvalidCertificateRef'), statusText);
    await shows(first);
    expect(await servedFingerprint(port, 'b.example')).toBe(other.fingerprint);
    gateway.write('a.yaml', [secretOf('a', third)]);
    await shows(third);
    await eventually('it is forgotten', () => !statusText().includes('InvalidCertificateRef'), statusText);
    await load.stop();
    expect(load.failures).toEqual([]);
  });
});
