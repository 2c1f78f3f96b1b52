import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RawClient, until } from '../downstream/raw-client.ts';
import { freePort, GatewayUnderTest } from '../process/gateway-under-test.ts';
import { gatewayObjects, httpListener, serviceObjects } from '../process/manifests.ts';
import { httpRoute, rule } from './objects.ts';
import { RecordingBackend } from './recording-backend.ts';
import { exchange, get } from './requests.ts';

let backend: RecordingBackend;
/** Nobody's forwarded fields are believed. */
let gateway: GatewayUnderTest;
/** Ours are, and reasons are shown. */
let behindProxy: GatewayUnderTest;
let port: number;
let proxiedPort: number;

beforeAll(async () => {
  [port, proxiedPort] = [await freePort(), await freePort()];
  backend = await RecordingBackend.start();
  const start = (listener: number, flags: readonly string[]): Promise<GatewayUnderTest> =>
    GatewayUnderTest.start({
      files: {
        'gateway.yaml': gatewayObjects([httpListener(listener)]),
        'services.yaml': [...serviceObjects('a', [backend.port]), ...serviceObjects('dead', [1])],
        'routes.yaml': [httpRoute('r', { rules: [rule('/', 'a'), rule('/dead', 'dead'), editedRule()] })],
      },
      flags: ['--workers', '1', ...flags],
    });
  [gateway, behindProxy] = await Promise.all([
    start(port, []),
    start(proxiedPort, ['--trusted-proxies', '127.0.0.0/8,10.0.0.0/8', '--expose-reason']),
  ]);
});

afterAll(async () => {
  await Promise.all([gateway.cleanUp(), behindProxy.cleanUp()]);
  backend.stop();
});

beforeEach(() => {
  backend.answers.clear();
});

function editedRule(): object {
  const requestHeaderModifier = { set: [{ name: 'X-Forwarded-Proto', value: 'ours' }], remove: ['X-Secret'] };
  return rule('/edited', 'a', { filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier }] });
}

/** What the backend got for one request, by name in lower case; a name that came twice is an error. */
async function received(
  to: number,
  lines: readonly string[],
  target: string = '/x',
): Promise<ReadonlyMap<string, string>> {
  const from = backend.requests.length;
  expect((await get(to, target, lines)).status).toBe(200);
  expect(backend.requests.length).toBe(from + 1);
  expect(backend.faults).toEqual([]);
  const fields = new Map<string, string>();
  for (const line of backend.requests[from]!.fields) {
    const [, name, value] = /^([^:]+): (.*)$/.exec(line)!;
    expect(fields.has(name!.toLowerCase()), line).toBe(false);
    fields.set(name!.toLowerCase(), value!);
  }
  return fields;
}

const hopByHop = ['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'te', 'trailer', 'upgrade'];

describe('hop-by-hop fields', () => {
  it('of a request stay here, and those that Connection names', async () => {
    const fields = await received(port, [
      'Connection: x-private, keep-alive',
      'Connection: X-Other',
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'X-Private: 1',
      'x-other: 2',
      'X-Kept: 3',
      'TE: gzip',
    ]);
    for (const name of [...hopByHop, 'x-private', 'x-other']) expect(fields.has(name), name).toBe(false);
    expect(fields.get('x-kept')).toBe('3');
  });

  it('TE: trailers goes on', async () => {
    expect((await received(port, ['Connection: TE', 'TE: trailers, gzip'])).get('te')).toBe('trailers');
  });

  it('of a response stay here', async () => {
    const lines = [
      'Connection: x-private, keep-alive',
      'Keep-Alive: timeout=5',
      'X-Private: 1',
      'Proxy-Connection: close',
    ];
    backend.answers.set('/x', `HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\nX-Kept: 3\r\nContent-Length: 0\r\n\r\n`);
    const { headers } = await get(port, '/x');
    expect([...headers.keys()].sort()).toEqual(['connection', 'content-length', 'date', 'x-kept']);
    expect(headers.get('connection')).toBe('close');
  });

  it('can not take away what the gateway adds', async () => {
    const named = 'x-forwarded-for, x-forwarded-proto, x-forwarded-host, x-forwarded-port, x-request-id, traceparent';
    const fields = await received(port, [`Connection: ${named}`]);
    for (const name of named.split(', ')) expect(fields.has(name), name).toBe(true);
  });
});

describe('what is said about the client', () => {
  const claims = [
    'X-Forwarded-For: 6.6.6.6',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: evil.example',
    'X-Forwarded-Port: 6666',
    'X-Real-IP: 6.6.6.6',
    'Forwarded: for=6.6.6.6',
    'X-Forwarded-Client-Cert: evil',
    'X-SSL-Client-Verify: SUCCESS',
    'Client-Cert: :evil:',
  ];

  it('by somebody unknown is thrown away', async () => {
    const fields = await received(port, claims);
    expect(JSON.stringify([...fields])).not.toMatch(/6\.6\.6\.6|6666|evil|SUCCESS/);
    expect(fields.get('x-forwarded-for')).toBe('127.0.0.1');
    expect(fields.get('x-forwarded-proto')).toBe('http');
    expect(fields.get('x-forwarded-host')).toBe('a.example');
    expect(fields.get('x-forwarded-port')).toBe(String(port));
  });

  it.each(['x-forwarded-for', 'X-FORWARDED-FOR', 'X-forwarded-For'])('by somebody unknown as %s too', async (name) => {
    expect((await received(port, [`${name}: 6.6.6.6`, `${name}: 7.7.7.7`])).get('x-forwarded-for')).toBe('127.0.0.1');
  });

  it('by a trusted proxy is kept, and the proxy added', async () => {
    const fields = await received(proxiedPort, claims);
    expect(fields.get('x-forwarded-for')).toBe('6.6.6.6, 127.0.0.1');
    expect(fields.get('x-forwarded-proto')).toBe('https');
    expect(fields.get('x-forwarded-host')).toBe('evil.example');
    expect(fields.get('x-forwarded-port')).toBe('6666');
    expect(fields.get('x-real-ip')).toBe('6.6.6.6');
  });

  it('in several lines by a trusted proxy is one list', async () => {
    const lines = ['X-Forwarded-For: 6.6.6.6', 'X-Forwarded-For: 10.0.0.1'];
    expect((await received(proxiedPort, lines)).get('x-forwarded-for')).toBe('6.6.6.6, 10.0.0.1, 127.0.0.1');
  });

  it('by a filter of the route stands', async () => {
    const fields = await received(port, ['X-Forwarded-Proto: https', 'X-Secret: 1'], '/edited');
    expect(fields.get('x-forwarded-proto')).toBe('ours');
    expect(fields.has('x-secret')).toBe(false);
  });

  it('with underscores is refused', async () => {
    const from = backend.requests.length;
    expect((await get(port, '/x', ['X_Forwarded_For: 6.6.6.6'])).status).toBe(400);
    expect(backend.requests.length).toBe(from);
  });
});

describe('identification', () => {
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

  it('is made when there is none, new each time', async () => {
    const first = await received(port, []);
    const second = await received(port, []);
    for (const fields of [first, second]) {
      expect(fields.get('x-request-id')).toMatch(/^[0-9a-f-]{32,36}$/);
      expect(fields.get('traceparent')).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]$/);
    }
    expect(first.get('x-request-id')).not.toBe(second.get('x-request-id'));
    expect(first.get('traceparent')).not.toBe(second.get('traceparent'));
  });

  it('that the client brings goes on', async () => {
    const fields = await received(port, ['X-Request-ID: mine', `traceparent: ${trace}`, 'tracestate: a=1']);
    expect(fields.get('x-request-id')).toBe('mine');
    expect(fields.get('traceparent')).toBe(trace);
    expect(fields.get('tracestate')).toBe('a=1');
  });

  it.each([
    ['empty', ['X-Request-ID:']],
    ['said twice', ['X-Request-ID: one', 'x-request-id: two', `traceparent: ${trace}`, `Traceparent: ${trace}`]],
    ['malformed', ['traceparent: rubbish', 'tracestate: a=1']],
    ['all zeros', [`traceparent: ${trace.replace(/-b.*-/, '-0000000000000000-')}`, 'tracestate: a=1']],
  ])('that is %s is made anew', async (_what, lines) => {
    const fields = await received(port, lines);
    expect(fields.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
    expect(fields.get('traceparent')).toMatch(/^00-[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/);
    expect(fields.get('traceparent')).not.toBe(trace);
    expect(fields.has('tracestate')).toBe(false);
  });
});

describe('responses', () => {
  it('get a date when they have none, and keep theirs', async () => {
    expect(Date.parse((await get(port, '/x')).headers.get('date')!)).toBeGreaterThan(Date.now() - 5_000);
    const date = 'Tue, 01 Jan 2030 00:00:00 GMT';
    backend.answers.set('/x', `HTTP/1.1 200 OK\r\nDate: ${date}\r\nContent-Length: 0\r\n\r\n`);
    expect((await get(port, '/x')).headers.get('date')).toBe(date);
  });

  it('keep repeated fields, their order and odd names', async () => {
    const lines = ['Set-Cookie: a=1', 'X-B: 2', 'Set-Cookie: c=3', '__proto__: 4', 'constructor: 5', 'X-Empty:'];
    backend.answers.set('/x', `HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`);
    const { text } = await get(port, '/x');
    const kept = text.split('\r\n').filter((line) => /^(set-cookie|x-|__proto|constructor)/i.test(line));
    expect(kept.map((line) => line.trim().toLowerCase())).toEqual(lines.map((line) => line.toLowerCase()));
  });

  it('of 103 come before the final one, not to HTTP/1.0', async () => {
    const early = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n';
    backend.answers.set('/x', `${early}${early}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`);
    const { text } = await get(port, '/x');
    expect(text.match(/HTTP\/1\.1 103 Early Hints\r\nlink: <\/a\.css>\r\n\r\n/gi)).toHaveLength(2);
    expect(text.endsWith('\r\n\r\nok')).toBe(true);
    const old = await exchange(port, 'GET /x HTTP/1.0\r\nHost: a.example\r\n\r\n');
    expect([old.status, old.body]).toEqual([200, 'ok']);
  });

  it('end with the trailers of the endpoint', async () => {
    const chunked = '2\r\nok\r\n0\r\nX-Sum: 42\r\nX-Sum: 43\r\n\r\n';
    backend.answers.set('/x', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n${chunked}`);
    const { text } = await get(port, '/x', ['TE: trailers']);
    expect(text.toLowerCase()).toContain('0\r\nx-sum: 42\r\nx-sum: 43\r\n\r\n');
  });
});

it('trailers of a request go to the endpoint', async () => {
  const from = backend.requests.length;
  const head = 'POST /x HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n';
  await exchange(port, `${head}2\r\nok\r\n0\r\nX-Sum: 42\r\n\r\n`);
  const { body, trailers } = backend.requests[from]!;
  expect([body, trailers.map((line) => line.toLowerCase())]).toEqual(['ok', ['x-sum: 42']]);
});

describe('answers that the gateway makes', () => {
  // One each of: no route, an endpoint that can't be reached, a bad path, a bad request, a refused method.
  const requests: readonly (readonly [number, string])[] = [
    [503, 'GET /dead HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n'],
    [400, 'GET /a/..%2fb HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n'],
    [400, 'GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
    [502, 'GET /evil HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n'],
  ];

  it.each(requests)('of %i say what they are and nothing of the inside', async (status, octets) => {
    backend.answers.set('/evil', 'HTTP/1.1 200 OK\r\nX\r\n\r\n');
    const answer = await exchange(port, octets);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(answer.headers.get('content-length')).toBe(String(answer.body.length));
    expect(answer.headers.has('date')).toBe(true);
    expect(answer.headers.has('x-fairlead-reason')).toBe(false);
    expect(answer.body.length).toBeLessThan(100);
    expect(answer.text).not.toMatch(/127\.0\.0\.1|ECONN|default\/|Error|node:|\.ts/);
    expect(answer.text).not.toContain(String(backend.port));
  });

  it.each(requests)('of %i tell the reason where that is wanted', async (status, octets) => {
    backend.answers.set('/evil', 'HTTP/1.1 200 OK\r\nX\r\n\r\n');
    const answer = await exchange(proxiedPort, octets);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('x-fairlead-reason')).toMatch(/^[a-z_]+$/);
  });

  it('to HEAD have no body', async () => {
    const answer = await exchange(port, 'HEAD /dead HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n');
    expect([answer.status, answer.body]).toEqual([503, '']);
    expect(Number(answer.headers.get('content-length'))).toBeGreaterThan(0);
  });

  it('leave the connection as it was when the request was understood', async () => {
    const client = await RawClient.open(port);
    for (let i = 1; i <= 3; i++) {
      client.send('GET /dead HTTP/1.1\r\nHost: a.example\r\n\r\n');
      await until(
        () => client.text.split('HTTP/1.1 503').length === i + 1,
        () => `answer ${i} in ${client.text}`,
      );
    }
    client.close();
  });
});
