import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import type { Certificate } from '@fairlead/routing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Authority, authority, certificate } from '../downstream/certificates.ts';
import { freePort, GatewayUnderTest } from '../process/gateway-under-test.ts';
import { secretObject, serviceObjects } from '../process/manifests.ts';
import { EchoBackend } from './echo-backend.ts';
import { caConfigMap, gatewayWithClientValidation, httpRoute, httpsListener, rule } from './objects.ts';
import { Scratch } from './scratch.ts';

const scratch = new Scratch();
let backend: EchoBackend;
let gateway: GatewayUnderTest;
let port: number;
let strictPort: number;
let caFile: string;
let good: readonly string[];
let stranger: readonly string[];

beforeAll(async () => {
  [port, strictPort] = [await freePort(), await freePort()];
  backend = await EchoBackend.start('a');
  const [ca, otherCa] = await Promise.all([authority('one'), authority('two')]);
  caFile = scratch.write('ca.pem', ca.cert);
  [good, stranger] = [await clientFiles('good', ca), await clientFiles('stranger', otherCa)];
  const [forA, forB] = await Promise.all([certificate(['a.example'], ca), certificate(['b.example'], ca)]);
  const listeners = [
    httpsListener({ name: 'a', port, hostname: 'a.example', secrets: ['a'] }),
    httpsListener({ name: 'b', port, hostname: 'b.example', secrets: ['b'] }),
    httpsListener({ name: 'strict', port: strictPort, hostname: 'a.example', secrets: ['a'] }),
  ];
  gateway = await GatewayUnderTest.start({
    files: {
      'gateway.yaml': gatewayWithClientValidation(listeners, strictPort, 'clients'),
      'tls.yaml': [secretOf('a', forA), secretOf('b', forB), caConfigMap('clients', ca.cert)],
      'services.yaml': serviceObjects('a', [backend.port]),
      'routes.yaml': [httpRoute('r', { rules: [rule('/', 'a')] })],
    },
    flags: ['--workers', '2'],
  });
});

afterAll(async () => {
  await gateway.cleanUp();
  backend.stop();
  scratch.remove();
});

function secretOf(name: string, { certPem, keyPem }: Certificate): object {
  return secretObject(name, certPem, keyPem);
}

async function clientFiles(name: string, ca: Authority): Promise<readonly string[]> {
  const { certPem, keyPem } = await certificate([name], ca);
  return ['-cert', scratch.write(`${name}.crt`, certPem), '-key', scratch.write(`${name}.key`, keyPem)];
}

/** What `openssl s_client` printed, its standard error included, when it sent one request. */
async function sClient(to: number, args: readonly string[]): Promise<string> {
  const connect = ['s_client', '-connect', `127.0.0.1:${to}`, '-CAfile', caFile, '-ign_eof'];
  const child = spawn('openssl', [...connect, ...args], { timeout: 8_000, killSignal: 'SIGKILL' });
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => {
    output += bytes.latin1Slice();
  });
  child.stderr.on('data', (bytes: Buffer) => {
    output += bytes.latin1Slice();
  });
  child.stdin.on('error', () => {});
  child.stdin.write('GET /secret HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n');
  await new Promise((resolve) => child.once('close', resolve));
  return output;
}

const served = 'HTTP/1.1 200 OK';
const named = (name: string): readonly string[] => ['-servername', name];

describe('openssl s_client', () => {
  it.each(['-tls1_2', '-tls1_3'])('gets an answer and a certificate to trust with %s', async (version) => {
    const output = await sClient(port, [
      ...named('a.example'),
      version,
      '-verify_return_error',
      '-verify_hostname',
      'a.example',
    ]);
    expect(output).toContain('Verification: OK');
    expect(output).toContain(served);
  });

  it.each(['a.example', 'b.example'])('gets the certificate of %s', async (name) => {
    const output = await sClient(port, named(name));
    const pem = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/.exec(output)![0];
    expect(new X509Certificate(pem).checkHost(name)).toBe(name);
  });

  it.each([
    ['a name that nobody serves', named('c.example')],
    ['TLS 1.1', [...named('a.example'), '-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0']],
    ['TLS 1.0', [...named('a.example'), '-tls1', '-cipher', 'DEFAULT@SECLEVEL=0']],
    ['a protocol that is not spoken', [...named('a.example'), '-alpn', 'smtp']],
    ['a cipher without encryption', [...named('a.example'), '-tls1_2', '-cipher', 'NULL@SECLEVEL=0']],
  ])('gets nothing with %s', async (_what, args) => {
    const output = await sClient(port, args);
    expect(output).not.toContain('HTTP/1.1');
    expect(output).toMatch(/alert|error|closed/i);
  });

  it('gets the certificate of the first listener without a name', async () => {
    const output = await sClient(port, ['-noservername', '-verify_hostname', 'a.example']);
    expect(output).toContain('Verification: OK');
    expect(output).toContain(served);
    expect(await sClient(strictPort, ['-noservername'])).not.toContain('HTTP/1.1');
  });

  it('chooses HTTP/1.1 from several protocols', async () => {
    expect(await sClient(port, [...named('a.example'), '-alpn', 'foo,http/1.1'])).toContain('ALPN protocol: http/1.1');
  });

  it('resumes its sessions at whichever worker', async () => {
    const output = await sClient(port, [...named('a.example'), '-tls1_2', '-reconnect']);
    expect(output.match(/^Reused, TLSv1\.2/gm)).toHaveLength(5);
  });

  it.each(['-tls1_2', '-tls1_3'])('must show a certificate of the right authority with %s', async (version) => {
    const name = named('a.example');
    const output = await sClient(strictPort, [...name, version, ...good]);
    expect(output).toContain(served);
    // The name of the authority is told, so that clients with several certificates can choose.
    expect(output).toContain('Acceptable client certificate CA names');
    const before = backend.echoes.length;
    expect(await sClient(strictPort, [...name, version])).not.toContain('HTTP/1.1');
    expect(await sClient(strictPort, [...name, version, ...stranger])).not.toContain('HTTP/1.1');
    expect(backend.echoes.length).toBe(before);
  });

  it('is not asked for one elsewhere', async () => {
    expect(await sClient(port, named('a.example'))).toContain('No client certificate CA names sent');
  });

  it('with garbage instead of a handshake does not hurt others', async () => {
    for (let i = 0; i < 8; i++) {
      const child = spawn('openssl', [
        's_client',
        '-connect',
        `127.0.0.1:${port}`,
        '-tls1_3',
        '-servername',
        '\u0001'.repeat(i),
      ]);
      child.stdin.on('error', () => {});
      child.stdin.end();
      await new Promise((resolve) => child.once('close', resolve));
    }
    expect(await sClient(port, named('a.example'))).toContain(served);
  });
});
