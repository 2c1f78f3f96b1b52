import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authority, certificate } from '../downstream/certificates.ts';
import { freePort, GatewayUnderTest, until } from '../process/gateway-under-test.ts';
import { gatewayObjects, httpListener, secretObject, serviceObjects } from '../process/manifests.ts';
import { type CommandResult, run } from './command.ts';
import { type Echo, EchoBackend } from './echo-backend.ts';
import { httpRoute, httpsListener, rule, ruleWithout } from './objects.ts';
import { Scratch } from './scratch.ts';

const scratch = new Scratch();
const plainText = 'what was compressed\n'.repeat(50);
const compressed = gzipSync(plainText);
const large = randomBytes(6 * 1024 * 1024);
const largeFile = scratch.write('large.bin', large);

let backend: EchoBackend;
let gateway: GatewayUnderTest;
let http: string;
let httpsPort: number;
let caFile: string;

beforeAll(async () => {
  const httpPort = await freePort();
  httpsPort = await freePort();
  http = `http://127.0.0.1:${httpPort}`;
  backend = await EchoBackend.start('a');
  scriptBackend(backend);
  const ca = await authority('peers');
  caFile = scratch.write('ca.pem', ca.cert);
  const secrets = await Promise.all(
    ['a.example', '*.wild.example', 'b.test', 'c.test'].map(async (name, i) => {
      const { certPem, keyPem } = await certificate([name], ca);
      return secretObject(`cert-${i}`, certPem, keyPem);
    }),
  );
  const listeners = [
    httpListener(httpPort),
    httpsListener({ name: 'a', port: httpsPort, hostname: 'a.example', secrets: ['cert-0'] }),
    httpsListener({ name: 'wild', port: httpsPort, hostname: '*.wild.example', secrets: ['cert-1'] }),
    httpsListener({ name: 'any', port: httpsPort, secrets: ['cert-2', 'cert-3'] }),
  ];
  gateway = await GatewayUnderTest.start({
    files: {
      'gateway.yaml': [...gatewayObjects(listeners), ...secrets],
      'services.yaml': serviceObjects('a', [backend.port]),
      'routes.yaml': [httpRoute('r', { rules: [rule('/', 'a'), redirectRule(), corsRule()] })],
    },
    flags: ['--workers', '2'],
  });
});

afterAll(async () => {
  await gateway.cleanUp();
  backend.stop();
  scratch.remove();
});

function scriptBackend({ answers }: EchoBackend): void {
  answers.set('/gzip', (_request, response) => {
    response.writeHead(200, {
      'content-encoding': 'gzip',
      'content-length': compressed.length,
      vary: 'Accept-Encoding',
    });
    response.end(compressed);
  });
  answers.set('/large', (_request, response) => {
    response.writeHead(200, { 'content-length': large.length });
    response.end(large);
  });
  answers.set('/stream', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write('one,');
    setTimeout(() => response.end('two'), 20);
  });
  answers.set('/too-large', (_request, response) => {
    response.writeHead(413, { 'content-length': 4, connection: 'close' });
    response.end('no!\n');
  });
  answers.set('/endless', (_request, response) => {
    response.writeHead(200);
    response.write('x');
  });
  answers.set('/cookies', (_request, response) => {
    response.writeHead(200, { 'set-cookie': ['one=1; Path=/', 'two=2; Path=/'], 'content-length': 0 });
    response.end();
  });
}

function redirectRule(): object {
  const requestRedirect = { scheme: 'https', hostname: 'a.example', port: httpsPort, statusCode: 301 };
  const path = { type: 'ReplacePrefixMatch', replacePrefixMatch: '/new' };
  const filters = [{ type: 'RequestRedirect', requestRedirect: { ...requestRedirect, path } }];
  return ruleWithout('/old', { filters });
}

function corsRule(): object {
  const cors = {
    allowOrigins: ['https://app.example'],
    allowMethods: ['GET', 'PUT'],
    allowHeaders: ['X-Token'],
    exposeHeaders: ['X-Backend'],
    allowCredentials: true,
    maxAge: 60,
  };
  return rule('/cors', 'a', { filters: [{ type: 'CORS', cors }] });
}

/** Fails when curl does. */
async function curl(args: readonly string[], input: string | Buffer = ''): Promise<CommandResult> {
  const result = await run('curl', ['-sS', '--noproxy', '*', ...args], input);
  expect(result, args.join(' ')).toMatchObject({ code: 0 });
  return result;
}

async function echoed(args: readonly string[], input: string | Buffer = ''): Promise<Echo> {
  return JSON.parse((await curl(args, input)).stdout);
}

const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');
const resolved = (host: string): readonly string[] => ['--resolve', `${host}:${httpsPort}:127.0.0.1`];

describe('curl by HTTP', () => {
  it('asks by HTTP/1.1', async () => {
    const { stdout } = await curl(['-i', `${http}/x?y=1`]);
    expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(stdout).toContain('"url":"/x?y=1"');
  });

  it('asks by HTTP/1.0, and gets an end that it understands', async () => {
    const { stdout } = await curl(['-i', '--http1.0', `${http}/stream`]);
    expect(stdout).toMatch(/^HTTP\/1\.1 200/);
    expect(stdout).not.toMatch(/transfer-encoding/i);
    expect(stdout).toMatch(/\r\n\r\none,two$/);
  });

  it('keeps an HTTP/1.0 connection that it asked to keep', async () => {
    const keep = ['--http1.0', '-H', 'Connection: keep-alive', '-o', '/dev/null', '-o', '/dev/null'];
    const { stdout } = await curl([...keep, '-w', '%{num_connects} ', `${http}/1`, `${http}/2`]);
    expect(stdout).toBe('1 0 ');
  });

  it('reuses its connection', async () => {
    const urls = [1, 2, 3, 4].flatMap((n) => ['-o', '/dev/null', `${http}/${n}`]);
    expect((await curl(['-w', '%{num_connects}', ...urls])).stdout).toBe('1000');
  });

  it('is told when its wish to close was heard', async () => {
    const { stdout } = await curl(['-i', '-H', 'Connection: close', `${http}/x`]);
    expect(stdout).toMatch(/\r\nconnection: close\r\n/i);
    expect(stdout).not.toContain('"connection":"close"');
  });

  it('gets a head without a body', async () => {
    const { stdout } = await curl(['-I', `${http}/large`, '-w', '%{size_download}']);
    expect(stdout).toMatch(new RegExp(`content-length: ${large.length}\\r\\n[^]*\\r\\n0$`, 'i'));
  });

  it.each(['PUT', 'PATCH', 'DELETE', 'OPTIONS'])('uses %s with a body', async (method) => {
    const echo = await echoed(['-X', method, '--data-binary', 'hello', `${http}/x`]);
    expect(echo).toMatchObject({ method, bodySha256: sha256('hello') });
  });

  it('offers a body with Expect, and sends it when told to', async () => {
    const args = ['-v', '-H', 'Expect: 100-continue', '--expect100-timeout', '8', '--data-binary', '@-', `${http}/x`];
    const { stdout, stderr } = await curl(args, 'hello');
    expect(stderr).toContain('< HTTP/1.1 100 Continue');
    expect(JSON.parse(stdout)).toMatchObject({ bodySha256: sha256('hello') });
  });

  it('offers a body with Expect, and keeps it when told to', async () => {
    const args = ['-v', '-H', 'Expect: 100-continue', '--expect100-timeout', '8', '-T', largeFile, `${http}/too-large`];
    const { stdout, stderr } = await curl([...args, '-w', '%{http_code} %{size_upload}']);
    expect(stdout).toBe('no!\n413 0');
    expect(stderr).not.toContain('100 Continue');
  });

  it('uploads with a length', async () => {
    const echo = await echoed(['-T', largeFile, `${http}/x`]);
    expect(echo).toMatchObject({ bodyBytes: large.length, bodySha256: sha256(large) });
    expect(echo.headers).toMatchObject({ 'content-length': String(large.length) });
  });

  it('uploads in chunks', async () => {
    const echo = await echoed(['-T', '-', `${http}/x`], large);
    expect(echo).toMatchObject({ bodyBytes: large.length, bodySha256: sha256(large) });
    expect(echo.headers).toMatchObject({ 'transfer-encoding': 'chunked' });
  });

  it('uploads in chunks by a form', async () => {
    const echo = await echoed(['-F', `file=@${largeFile}`, `${http}/x`]);
    expect(echo.bodyBytes).toBeGreaterThan(large.length);
    expect(echo.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
  });

  it('downloads, also slowly', async () => {
    const args = ['--limit-rate', '12M', `${http}/large`];
    expect(sha256(Buffer.from((await curl(args)).stdout, 'latin1'))).toBe(sha256(large));
  });

  it('gets compressed octets as they are', async () => {
    const raw = await curl(['-H', 'Accept-Encoding: gzip', `${http}/gzip`]);
    expect(Buffer.from(raw.stdout, 'latin1').equals(compressed)).toBe(true);
    expect((await curl(['--compressed', `${http}/gzip`])).stdout).toBe(plainText);
  });

  it('gets every cookie', async () => {
    const { stdout } = await curl(['-c', '-', '-o', '/dev/null', `${http}/cookies`]);
    expect(stdout).toMatch(/one\t1\n/);
    expect(stdout).toMatch(/two\t2\n/);
  });

  it('stays at HTTP/1.1 when it offers to upgrade to HTTP/2', async () => {
    const { stdout } = await curl(['-i', '--http2', `${http}/x`]);
    expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(stdout).not.toMatch(/http2-settings|"upgrade"/i);
  });

  it('gets all of many answers at once', async () => {
    const { stdout } = await curl([
      '-Z',
      '--parallel-max',
      '30',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code} ',
      `${http}/[1-120]`,
    ]);
    expect(stdout.match(/200 /g)).toHaveLength(120);
  });

  it('ends the work at the backend by leaving', async () => {
    const before = backend.cutOff;
    const { code } = await run('curl', ['-sS', '--max-time', '0.2', `${http}/endless`]);
    expect(code).toBe(28);
    await until('the backend knows', () => backend.cutOff === before + 1);
  });
});

describe('curl and filters', () => {
  it('follows a redirect from HTTP to HTTPS', async () => {
    const trust = ['--cacert', caFile, ...resolved('a.example')];
    expect((await curl(['-o', '/dev/null', '-w', '%{http_code} %{redirect_url}', `${http}/old/x?y=1`])).stdout).toBe(
      `301 https://a.example:${httpsPort}/new/x?y=1`,
    );
    const echo = await echoed(['-L', ...trust, `${http}/old/x?y=1`]);
    expect(echo.url).toBe('/new/x?y=1');
    expect(echo.headers['x-forwarded-proto']).toBe('https');
  });

  it('gets an answer to a preflight from the gateway', async () => {
    const before = backend.echoes.length;
    const asked = ['-H', 'Access-Control-Request-Method: PUT', '-H', 'Access-Control-Request-Headers: x-token'];
    const { stdout } = await curl([
      '-i',
      '-X',
      'OPTIONS',
      '-H',
      'Origin: https://app.example',
      ...asked,
      `${http}/cors`,
    ]);
    expect(stdout).toMatch(/^HTTP\/1\.1 204/);
    const lines = stdout.toLowerCase().split('\r\n');
    expect(lines).toContain('access-control-allow-origin: https://app.example');
    expect(lines).toContain('access-control-allow-methods: get, put');
    expect(lines).toContain('access-control-allow-headers: x-token');
    expect(lines).toContain('access-control-allow-credentials: true');
    expect(lines).toContain('access-control-max-age: 60');
    expect(backend.echoes.length).toBe(before);
  });

  it('gets no permission for another origin', async () => {
    const asked = ['-H', 'Origin: https://evil.example', '-H', 'Access-Control-Request-Method: PUT'];
    const { stdout } = await curl(['-i', '-X', 'OPTIONS', ...asked, `${http}/cors`]);
    expect(stdout).not.toMatch(/access-control-allow/i);
  });

  it('gets CORS fields with the answer to the actual request', async () => {
    const { stdout } = await curl(['-i', '-H', 'Origin: https://app.example', `${http}/cors`]);
    expect(stdout).toMatch(/\r\naccess-control-allow-origin: https:\/\/app\.example\r\n/i);
    expect(stdout).toMatch(/\r\naccess-control-expose-headers: X-Backend\r\n/i);
    expect(stdout).toMatch(/\r\nvary: Origin\r\n/i);
  });
});

describe('curl by HTTPS', () => {
  // With the CA and without -k: a certificate of another name would end it.
  it.each(['a.example', 'x.wild.example', 'b.test', 'c.test'])('trusts the certificate of %s', async (host) => {
    const echo = await echoed(['--cacert', caFile, ...resolved(host), `https://${host}:${httpsPort}/x`]);
    expect(echo.headers).toMatchObject({ host: `${host}:${httpsPort}`, 'x-forwarded-proto': 'https' });
  });

  it('does not trust that of another name', async () => {
    const host = 'other.test';
    const args = ['--cacert', caFile, ...resolved(host), `https://${host}:${httpsPort}/`];
    expect((await run('curl', ['-sS', ...args])).code).toBe(60);
    expect((await echoed(['-k', ...args])).headers.host).toBe(`${host}:${httpsPort}`);
  });

  it('needs no server name', async () => {
    expect((await echoed(['-k', `https://127.0.0.1:${httpsPort}/x`])).url).toBe('/x');
  });

  it('reuses its connection, over HTTP/2 when it offers that', async () => {
    const urls = [1, 2, 3].flatMap((n) => ['-o', '/dev/null', `https://b.test:${httpsPort}/${n}`]);
    const args = ['--http2', '--cacert', caFile, ...resolved('b.test'), '-w', '%{num_connects}/%{http_version} '];
    expect((await curl([...args, ...urls])).stdout).toBe('1/2 0/2 0/2 ');
  });

  it('moves much both ways', async () => {
    const args = ['--cacert', caFile, ...resolved('b.test')];
    const echo = await echoed([...args, '-T', largeFile, `https://b.test:${httpsPort}/x`]);
    expect(echo.bodySha256).toBe(sha256(large));
    const { stdout } = await curl([...args, `https://b.test:${httpsPort}/large`]);
    expect(sha256(Buffer.from(stdout, 'latin1'))).toBe(sha256(large));
  });
});
