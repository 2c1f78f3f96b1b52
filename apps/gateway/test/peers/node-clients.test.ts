import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authority, certificate } from '../downstream/certificates.ts';
import { freePort, GatewayUnderTest, until } from '../process/gateway-under-test.ts';
import { gatewayObjects, httpListener, httpsListener, secretObject, serviceObjects } from '../process/manifests.ts';
import { type Echo, EchoBackend } from './echo-backend.ts';
import { httpRoute, rule } from './objects.ts';

let backend: EchoBackend;
let gateway: GatewayUnderTest;
let port: number;
let securePort: number;
let ca: string;

beforeAll(async () => {
  [port, securePort] = [await freePort(), await freePort()];
  backend = await EchoBackend.start('a');
  scriptBackend(backend);
  const issuer = await authority('peers');
  ca = issuer.cert;
  const { certPem, keyPem } = await certificate(['node.example'], issuer);
  gateway = await GatewayUnderTest.start({
    files: {
      'gateway.yaml': [
        ...gatewayObjects([httpListener(port), httpsListener(securePort, 'tls')]),
        secretObject('tls', certPem, keyPem),
      ],
      'services.yaml': serviceObjects('a', [backend.port]),
      'routes.yaml': [httpRoute('r', { rules: [rule('/', 'a')] })],
    },
    flags: ['--workers', '2'],
  });
});

afterAll(async () => {
  await gateway.cleanUp();
  backend.stop();
});

function scriptBackend({ answers }: EchoBackend): void {
  answers.set('/trailers', (_request, response) => {
    response.writeHead(200, { trailer: 'X-Sum' });
    response.write('body');
    response.addTrailers({ 'X-Sum': '42' });
    response.end();
  });
  answers.set('/hints', (_request, response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
    response.end('page');
  });
  answers.set('/endless', (_request, response) => {
    response.writeHead(200);
    response.write('x');
  });
  answers.set('/duplex', (request, response) => {
    response.writeHead(200);
    request.pipe(response);
  });
  answers.set('/breaks', (_request, response) => {
    response.writeHead(200, { 'content-length': 1_000 });
    response.write('x');
    setTimeout(() => response.destroy(), 20);
  });
}

interface Got {
  readonly response: IncomingMessage;
  readonly body: string;
  readonly reused: boolean;
}

async function finish(request: ClientRequest): Promise<Got> {
  // The first is told by `once`, the others too often.
  request.on('error', () => {});
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const bytes of response) parts.push(bytes as Buffer);
  return { response, body: Buffer.concat(parts).latin1Slice(), reused: request.reusedSocket };
}

async function ask(options: RequestOptions): Promise<Got> {
  const request = httpRequest({ port, host: '127.0.0.1', ...options });
  request.end();
  return finish(request);
}

describe('node:http', () => {
  it('keeps its connections', async () => {
    const agent = new HttpAgent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 5; i++) expect((await ask({ agent, path: `/${i}` })).reused).toBe(i > 0);
    agent.destroy();
  });

  it('gets hundreds of answers at once, each its own', async () => {
    const agent = new HttpAgent({ keepAlive: true, maxSockets: 40 });
    const paths = Array.from({ length: 400 }, (_, i) => `/many/${i}`);
    const urls = await Promise.all(
      paths.map(async (path) => (JSON.parse((await ask({ agent, path })).body) as Echo).url),
    );
    expect(urls).toEqual(paths);
    agent.destroy();
  });

  it('gets trailers and early hints', async () => {
    expect((await ask({ path: '/trailers' })).response.trailers).toEqual({ 'x-sum': '42' });
    const request = httpRequest({ port, host: '127.0.0.1', path: '/hints' });
    const hints = once(request, 'information');
    request.end();
    expect((await finish(request)).body).toBe('page');
    const [{ statusCode, headers }] = (await hints) as [IncomingMessage];
    expect([statusCode, headers.link]).toEqual([103, '</style.css>; rel=preload; as=style']);
  });

  it('sends trailers', async () => {
    const request = httpRequest({ port, host: '127.0.0.1', path: '/x', method: 'POST', headers: { trailer: 'X-Sum' } });
    let trailers: NodeJS.Dict<string> = {};
    backend.answers.set('/x', (received, response) => {
      received.resume();
      received.on('end', () => {
        trailers = received.trailers;
        response.end();
      });
    });
    request.write('body');
    request.addTrailers({ 'X-Sum': '42' });
    request.end();
    await finish(request);
    backend.answers.delete('/x');
    expect(trailers).toEqual({ 'x-sum': '42' });
  });

  it('waits for 100 Continue', async () => {
    const headers = { expect: '100-continue', 'content-length': 5 };
    const request = httpRequest({ port, host: '127.0.0.1', path: '/echo', method: 'POST', headers });
    request.flushHeaders();
    await once(request, 'continue');
    request.end('hello');
    expect(JSON.parse((await finish(request)).body)).toMatchObject({ bodyBytes: 5 });
  });

  it('sees that an answer was cut short', async () => {
    await expect(ask({ path: '/breaks' })).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('ends the work at the backend by leaving', async () => {
    const before = backend.cutOff;
    const request = httpRequest({ port, host: '127.0.0.1', path: '/endless' });
    request.on('error', () => {});
    request.end();
    await once(request, 'response');
    request.destroy();
    await until('the backend knows', () => backend.cutOff === before + 1);
  });
});

describe('node:https', () => {
  it('keeps its connections and resumes its sessions', async () => {
    const agent = new HttpsAgent({ keepAlive: true, maxSockets: 1, ca });
    const secure = async (headers: Record<string, string>): Promise<Got & { readonly resumed: boolean }> => {
      const request = httpsRequest({ agent, port: securePort, host: '127.0.0.1', servername: 'node.example', headers });
      request.end();
      const [socket] = (await once(request, 'socket')) as [TLSSocket];
      const got = await finish(request);
      return { ...got, resumed: socket.isSessionReused() };
    };
    expect(await secure({})).toMatchObject({ reused: false, resumed: false });
    expect(await secure({ connection: 'close' })).toMatchObject({ reused: true });
    for (let i = 0; i < 4; i++) {
      expect(await secure({ connection: 'close' })).toMatchObject({ reused: false, resumed: true });
    }
    agent.destroy();
  });

  it('refuses a certificate of another name', async () => {
    const request = httpsRequest({
      port: securePort,
      host: '127.0.0.1',
      servername: 'other.example',
      ca,
      agent: false,
    });
    request.end();
    await expect(once(request, 'response')).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });
});

describe('fetch', () => {
  const url = (path: string): string => `http://127.0.0.1:${port}${path}`;

  it('streams a body up and down at the same time', async () => {
    const parts = [randomBytes(100_000), randomBytes(200_000), Buffer.from('end')];
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const part = parts.shift();
        if (part === undefined) controller.close();
        else controller.enqueue(part);
      },
    });
    const hash = createHash('sha256').update(Buffer.concat(parts)).digest('hex');
    const response = await fetch(url('/duplex'), { method: 'POST', body, duplex: 'half' } as RequestInit);
    const got = Buffer.from(await response.arrayBuffer());
    expect(createHash('sha256').update(got).digest('hex')).toBe(hash);
  });

  it('aborts', async () => {
    const before = backend.cutOff;
    const abort = new AbortController();
    const response = await fetch(url('/endless'), { signal: abort.signal });
    abort.abort();
    await expect(response.text()).rejects.toThrow('aborted');
    await until('the backend knows', () => backend.cutOff === before + 1);
  });

  it('gets hundreds of answers at once', async () => {
    const answers = Array.from(
      { length: 300 },
      async (_, i) => ((await (await fetch(url(`/f/${i}`))).json()) as Echo).url,
    );
    expect(await Promise.all(answers)).toEqual(answers.map((_, i) => `/f/${i}`));
  });
});
