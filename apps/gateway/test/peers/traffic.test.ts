import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { authority, certificate } from '../downstream/certificates.ts';
import { openTls, RawClient } from '../downstream/raw-client.ts';
import { freePort, GatewayUnderTest, until } from '../process/gateway-under-test.ts';
import { gatewayObjects, httpListener, secretObject, serviceObjects } from '../process/manifests.ts';
import { EchoBackend } from './echo-backend.ts';
import { httpRoute, httpsListener, rule, ruleWithout } from './objects.ts';
import { exchange, get, parseAnswer, type RawAnswer } from './requests.ts';

let one: EchoBackend;
let two: EchoBackend;
/** For sessions alone: nobody else teaches the balancer anything about them. */
const homes: EchoBackend[] = [];
let gateway: GatewayUnderTest;
let port: number;
let plainPort: number;
let securePort: number;

beforeAll(async () => {
  [port, plainPort, securePort] = [await freePort(), await freePort(), await freePort()];
  [one, two] = [await EchoBackend.start('one'), await EchoBackend.start('two')];
  homes.push(await EchoBackend.start('home-0'), await EchoBackend.start('home-1'));
  const deadPort = await freePort();
  const secrets = await makeSecrets();
  const listeners = [
    httpListener(port),
    { name: 'named', protocol: 'HTTP', port: plainPort, hostname: '*.named.example' },
    httpsListener({ name: 'a', port: securePort, hostname: 'a.example', secrets: ['a'] }),
    httpsListener({ name: 'b', port: securePort, hostname: 'b.example', secrets: ['b'] }),
    httpsListener({ name: 'w', port: securePort, hostname: '*.w.example', secrets: ['w'] }),
  ];
  gateway = await GatewayUnderTest.start({
    files: {
      'gateway.yaml': [...gatewayObjects(listeners), ...secrets],
      'services.yaml': [
        ...serviceObjects('one', [one.port]),
        ...serviceObjects('two', [two.port]),
        ...serviceObjects('both', [one.port, two.port]),
        ...serviceObjects(
          'homes',
          homes.map((home) => home.port),
        ),
        ...serviceObjects('half-dead', [deadPort, one.port]),
        ...serviceObjects('dead', [deadPort]),
        ...serviceObjects('none', []),
      ],
      // The API allows 16 rules in one route.
      'routes.yaml': [httpRoute('r', { rules: rules.slice(0, 9) }), httpRoute('s', { rules: rules.slice(9) })],
    },
    flags: ['--workers', '2', '--expose-reason'],
  });
});

afterAll(async () => {
  await gateway.cleanUp();
  one.stop();
  two.stop();
  for (const home of homes) home.stop();
});

afterEach(() => {
  one.answers.clear();
  two.answers.clear();
});

async function makeSecrets(): Promise<readonly object[]> {
  const ca = await authority('peers');
  const names = { a: 'a.example', b: 'b.example', w: '*.w.example' };
  return Promise.all(
    Object.entries(names).map(async ([secret, name]) => {
      const { certPem, keyPem } = await certificate([name], ca);
      return secretObject(secret, certPem, keyPem);
    }),
  );
}

const weighted = (...refs: readonly (readonly [string, number])[]): object => ({
  backendRefs: refs.map(([name, weight]) => ({ name, port: 80, weight })),
});
const mirror = (name: string, more: object = {}): object => ({
  type: 'RequestMirror',
  requestMirror: { backendRef: { name, port: 80 }, ...more },
});
const session = (more: object): object => ({ sessionPersistence: { sessionName: 'session', ...more } });

const rules: readonly object[] = [
  rule('/', 'one'),
  ruleWithout('/split', weighted(['one', 900], ['two', 100])),
  ruleWithout('/third', weighted(['one', 1], ['two', 2])),
  ruleWithout('/zero', weighted(['one', 0], ['two', 1])),
  ruleWithout('/half-wrong', weighted(['one', 1], ['missing', 1])),
  rule('/session-cookie', 'homes', session({ type: 'Cookie' })),
  rule('/session-header', 'homes', session({ sessionName: 'X-Session', type: 'Header' })),
  rule('/half-dead', 'half-dead'),
  rule('/dead', 'dead'),
  rule('/none', 'none'),
  rule('/missing', 'missing'),
  rule('/timeout', 'one', { timeouts: { request: '200ms' } }),
  rule('/backend-timeout', 'one', { timeouts: { request: '5s', backendRequest: '200ms' } }),
  rule('/retry', 'both', { retry: { codes: [500], attempts: 1, backoff: '1ms' } }),
  rule('/mirrored', 'one', { filters: [mirror('two')] }),
  rule('/mirrored-dead', 'one', { filters: [mirror('dead')] }),
  rule('/mirrored-tenth', 'one', { filters: [mirror('two', { fraction: { numerator: 1, denominator: 10 } })] }),
];

/** Backends of `count` requests over many connections, so that both workers take part. */
async function split(path: string, count: number): Promise<Readonly<Record<string, number>>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 25 });
  const counts: Record<string, number> = {};
  const answers = Array.from({ length: count }, async () => {
    const request = httpRequest({ port, host: '127.0.0.1', path, agent });
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    const backend = response.headers['x-backend'];
    const key = response.statusCode === 200 ? String(backend) : String(response.statusCode);
    counts[key] = (counts[key] ?? 0) + 1;
  });
  await Promise.all(answers);
  agent.destroy();
  return counts;
}

async function post(path: string, body: string): Promise<RawAnswer> {
  const head = `POST ${path} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`;
  return exchange(port, head + body);
}

const reason = (answer: RawAnswer): string => `${answer.status} ${answer.headers.get('x-fairlead-reason')}`;

describe('weights', () => {
  it('are exact over a thousand requests and two workers', async () => {
    expect(await split('/split', 1_000)).toEqual({ one: 900, two: 100 });
    expect(await split('/third', 300)).toEqual({ one: 100, two: 200 });
    expect(await split('/zero', 50)).toEqual({ two: 50 });
  });

  it('hold for what can not be served too', async () => {
    expect(await split('/half-wrong', 100)).toEqual({ one: 50, 500: 50 });
  });
});

describe('sessions', () => {
  async function begin(): Promise<{ readonly cookie: string; readonly home: string }> {
    const { headers } = await get(port, '/session-cookie');
    const cookie = /^(session=[^;]+); Path=\/; HttpOnly; SameSite=Lax$/.exec(headers.get('set-cookie')!)![1]!;
    expect(cookie).not.toMatch(/127|\.0\.0/);
    return { cookie, home: headers.get('x-backend')! };
  }

  async function stays(cookie: string, home: string, path: string): Promise<void> {
    for (let i = 0; i < 5; i++) {
      const { headers } = await get(port, path, [`Cookie: other=1; ${cookie}; more=2`]);
      expect(headers.get('x-backend')).toBe(home);
      expect(headers.has('set-cookie')).toBe(false);
    }
  }

  it('by a cookie stay at their endpoint, when others would be better too', async () => {
    const first = await begin();
    await stays(first.cookie, first.home, '/session-cookie/x');
    for (const [i, home] of homes.entries()) {
      home.answers.set('/session-cookie/slow', (_request, response) => {
        response.setHeader('x-backend', `home-${i}`);
        setTimeout(() => response.end(), 60);
      });
    }
    await stays(first.cookie, first.home, '/session-cookie/slow');
    // Who has no session goes elsewhere, as soon as it is known to be faster there.
    let second = await begin();
    for (let i = 0; i < 50 && second.home === first.home; i++) second = await begin();
    expect(second.home).not.toBe(first.home);
    await stays(second.cookie, second.home, '/session-cookie/x');
    await stays(first.cookie, first.home, '/session-cookie/x');
  });

  it('with rubbish in their cookie begin anew', async () => {
    for (const rubbish of ['', 'x', 'a.b.c', 'x'.repeat(2_000), '../../..', '%00']) {
      const answer = await get(port, '/session-cookie', [`Cookie: session=${rubbish}`]);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('set-cookie')).toMatch(/^session=/);
    }
  });

  it('by a header stay at their endpoint', async () => {
    const first = await get(port, '/session-header');
    const token = first.headers.get('x-session')!;
    for (let i = 0; i < 10; i++) {
      const next = await get(port, '/session-header', [`X-Session: ${token}`]);
      expect(next.headers.get('x-backend')).toBe(first.headers.get('x-backend'));
    }
  });
});

describe('retries', () => {
  it('hide an endpoint that can not be reached, from requests with bodies too', async () => {
    expect(await split('/half-dead', 60)).toEqual({ one: 60 });
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => post('/half-dead', `body ${i}`)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
  });

  it('of a rule go elsewhere for its codes', async () => {
    one.answers.set('/retry', (_request, response) => {
      response.writeHead(500);
      response.end();
    });
    expect(await split('/retry', 20)).toEqual({ two: 20 });
  });

  it('do not repeat what may have been done', async () => {
    let tries = 0;
    for (const backend of [one, two]) {
      backend.answers.set('/', (request) => {
        tries++;
        request.socket.destroy();
      });
    }
    expect(reason(await post('/', 'pay'))).toBe('503 closed_early');
    expect(tries).toBe(1);
  });
});

describe('mirrors', () => {
  const copies = (path: string): readonly string[] =>
    two.echoes.filter(({ url }) => url === path).map(({ method, bodyBytes }) => `${method} ${bodyBytes}`);

  it('get a copy, and the client the answer of the first', async () => {
    const answer = await post('/mirrored/copy', 'hello');
    expect(answer.headers.get('x-backend')).toBe('one');
    await until('the copy', () => copies('/mirrored/copy').length === 1);
    expect(copies('/mirrored/copy')).toEqual(['POST 5']);
  });

  it('can be dead, slow or failing', async () => {
    expect((await get(port, '/mirrored-dead')).status).toBe(200);
    const startedMs = performance.now();
    two.answers.set('/mirrored/slow', () => {});
    expect((await get(port, '/mirrored/slow')).headers.get('x-backend')).toBe('one');
    expect((await post('/mirrored/slow', 'x'.repeat(100_000))).headers.get('x-backend')).toBe('one');
    two.answers.set('/mirrored/fails', (request) => request.socket.destroy());
    expect((await post('/mirrored/fails', 'x'.repeat(100_000))).headers.get('x-backend')).toBe('one');
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  it('get the share that they should', async () => {
    const before = await gateway.metric('fairlead_mirrors_sent_total');
    expect(await split('/mirrored-tenth', 200)).toEqual({ one: 200 });
    // One of every ten for each worker, whose last ten may not be over.
    const sent = (await gateway.metric('fairlead_mirrors_sent_total')) - before;
    expect(sent).toBeGreaterThanOrEqual(18);
    expect(sent).toBeLessThanOrEqual(22);
    await until('the copies', () => copies('/mirrored-tenth').length === sent);
  });
});

describe('what can not be served', () => {
  it.each([
    ['/timeout', '504 request_timeout'],
    ['/backend-timeout', '504 backend_timeout'],
  ])('%s too slow: %s', async (path, wanted) => {
    one.answers.set(path, () => {});
    const startedMs = performance.now();
    expect(reason(await get(port, path))).toBe(wanted);
    const tookMs = performance.now() - startedMs;
    expect(tookMs).toBeGreaterThan(190);
    expect(tookMs).toBeLessThan(2_000);
    await until('the backend is let go', () => one.cutOff > 0);
  });

  it('an answer that has begun and then takes too long is cut off', async () => {
    one.answers.set('/timeout', (_request, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('x');
    });
    const client = await RawClient.open(port);
    client.send('GET /timeout HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.isReset();
    expect(client.text).toMatch(/^HTTP\/1\.1 200/);
  });

  it.each([
    ['/none', '503 no_endpoints'],
    ['/dead', '503 connect_refused'],
    ['/missing', '500 invalid_backend'],
  ])('%s: %s', async (path, wanted) => {
    expect(reason(await get(port, path))).toBe(wanted);
    expect(reason(await post(path, 'with a body'))).toBe(wanted);
  });

  it('unknown hosts: 404', async () => {
    const ask = async (host: string): Promise<string> =>
      reason(await exchange(plainPort, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`));
    expect(await ask('other.example')).toBe('404 no_listener');
    expect(await ask('named.example')).toBe('404 no_listener');
    expect(await ask('x.named.example')).toBe('200 undefined');
    expect(await ask('X.Named.Example:1234')).toBe('200 undefined');
  });
});

describe('a TLS connection', () => {
  async function ask(servername: string, host: string): Promise<string> {
    const client = new RawClient(await openTls(securePort, { servername }));
    client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    await until('an answer', () => client.closed || client.ended);
    client.close();
    return reason(parseAnswer(client.text));
  }

  it.each([
    ['a.example', 'a.example', '200 undefined'],
    ['a.example', 'A.EXAMPLE:443', '200 undefined'],
    ['x.w.example', 'x.w.example', '200 undefined'],
    // The same listener, the same certificate: browsers do this (RFC 9110 §7.4).
    ['x.w.example', 'y.w.example', '200 undefined'],
    ['a.example', 'b.example', '421 misdirected'],
    ['b.example', 'a.example', '421 misdirected'],
    ['a.example', 'x.w.example', '421 misdirected'],
    ['a.example', 'other.example', '404 no_listener'],
  ])('for %s that asks for %s: %s', async (servername, host, wanted) => {
    expect(await ask(servername, host)).toBe(wanted);
  });

  it('is good for what follows a misdirected request', async () => {
    const client = new RawClient(await openTls(securePort, { servername: 'a.example' }));
    client.send('GET / HTTP/1.1\r\nHost: b.example\r\n\r\n');
    await client.receives('HTTP/1.1 421');
    client.send('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n');
    await client.receives('HTTP/1.1 200');
    client.close();
  });
});
