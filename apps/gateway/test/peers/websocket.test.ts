import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, type RawData, WebSocket, WebSocketServer } from 'ws';
import { certificate } from '../downstream/certificates.ts';
import { freePort, GatewayUnderTest, until } from '../process/gateway-under-test.ts';
import { gatewayObjects, httpListener, httpsListener, secretObject, serviceObjects } from '../process/manifests.ts';
import { httpRoute, rule } from './objects.ts';

let http: Server;
let server: WebSocketServer;
let gateway: GatewayUnderTest;
const urls: Record<string, string> = {};
/** Upgrade requests as the backend saw them. */
const upgrades: IncomingMessage[] = [];
const clients: WebSocket[] = [];

beforeAll(async () => {
  server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: true,
    handleProtocols: (offered) => (offered.has('chat.v2') ? 'chat.v2' : false),
  });
  server.on('connection', serve);
  http = createServer((request, response) => response.end(`plain ${request.url}`));
  http.on('upgrade', (request, socket, head) => {
    upgrades.push(request);
    if (request.url === '/refused') socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 3\r\n\r\nno!');
    else server.handleUpgrade(request, socket, head, (client) => server.emit('connection', client, request));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const [port, securePort] = [await freePort(), await freePort()];
  const { certPem, keyPem } = await certificate(['ws.example']);
  gateway = await GatewayUnderTest.start({
    files: {
      'gateway.yaml': [
        ...gatewayObjects([httpListener(port), httpsListener(securePort, 'tls')]),
        secretObject('tls', certPem, keyPem),
      ],
      'services.yaml': serviceObjects('ws', [(http.address() as AddressInfo).port]),
      'routes.yaml': [httpRoute('r', { rules: [rule('/', 'ws')] })],
    },
    flags: ['--workers', '2'],
  });
  urls.ws = `ws://127.0.0.1:${port}`;
  urls.wss = `wss://127.0.0.1:${securePort}`;
});

afterEach(() => {
  for (const client of clients.splice(0)) client.terminate();
  for (const client of server.clients) client.terminate();
});

afterAll(async () => {
  await gateway.cleanUp();
  http.closeAllConnections();
  http.close();
});

/** Says everything back, and does what some words ask for. */
function serve(client: WebSocket, request: IncomingMessage): void {
  client.on('error', () => {});
  if (request.url === '/greets') client.send('welcome');
  client.on('message', (data, isBinary) => {
    const text = isBinary ? '' : data.toString();
    if (text === 'close me') client.close(4001, 'as you wish');
    else if (text === 'drop me') client.terminate();
    else if (text === 'ping me') client.ping('are you there');
    else client.send(data, { binary: isBinary });
  });
  client.on('pong', (data) => client.send(`pong: ${data}`));
}

function connect(
  scheme: string,
  path: string,
  protocols: readonly string[] = [],
  options: ClientOptions = {},
): WebSocket {
  const client = new WebSocket(`${urls[scheme]}${path}`, [...protocols], { rejectUnauthorized: false, ...options });
  // Who waits is told by `once`; ending a refused one tells nobody.
  client.on('error', () => {});
  clients.push(client);
  return client;
}

async function opened(
  scheme: string,
  path: string,
  protocols?: readonly string[],
  options?: ClientOptions,
): Promise<WebSocket> {
  const client = connect(scheme, path, protocols, options);
  await once(client, 'open');
  return client;
}

async function message(client: WebSocket): Promise<RawData> {
  return (await once(client, 'message'))[0] as RawData;
}

describe.each(['ws', 'wss'])('ws through %s', (scheme) => {
  it('sends and receives text and octets', async () => {
    const client = await opened(scheme, '/echo');
    client.send('hello');
    expect((await message(client)).toString()).toBe('hello');
    const octets = randomBytes(1_000);
    client.send(octets);
    expect(octets.equals((await message(client)) as Buffer)).toBe(true);
  });

  it.each([
    ['compressed', true],
    ['not compressed', false],
  ])('moves large messages, %s', async (_what, perMessageDeflate) => {
    const client = await opened(scheme, '/echo', [], { perMessageDeflate });
    expect(client.extensions).toBe(perMessageDeflate ? 'permessage-deflate' : '');
    const large = randomBytes(2 * 1024 * 1024);
    client.send(large);
    client.send(large.subarray(1));
    expect(large.equals((await message(client)) as Buffer)).toBe(true);
    expect(large.subarray(1).equals((await message(client)) as Buffer)).toBe(true);
  });

  it('receives what the server says first', async () => {
    const client = connect(scheme, '/greets');
    expect((await message(client)).toString()).toBe('welcome');
  });

  it('keeps many messages in order', async () => {
    const client = await opened(scheme, '/echo');
    const got: string[] = [];
    client.on('message', (data) => got.push(data.toString()));
    const sent = Array.from({ length: 500 }, (_, i) => `message ${i}`);
    for (const text of sent) client.send(text);
    await until('all came back', () => got.length === sent.length);
    expect(got).toEqual(sent);
  });

  it('learns why the server closes', async () => {
    const client = await opened(scheme, '/echo');
    client.send('close me');
    const [code, reason] = await once(client, 'close');
    expect([code, String(reason)]).toEqual([4001, 'as you wish']);
  });

  it('says why it closes', async () => {
    const atServer = once(server, 'connection');
    const client = await opened(scheme, '/echo');
    const closed = once((await atServer)[0] as WebSocket, 'close');
    client.close(4002, 'enough');
    const [code, reason] = await closed;
    expect([code, String(reason)]).toEqual([4002, 'enough']);
  });

  it('notices when the other side breaks off', async () => {
    const client = await opened(scheme, '/echo');
    client.send('drop me');
    expect((await once(client, 'close'))[0]).toBe(1006);
    const atServer = once(server, 'connection');
    const leaving = await opened(scheme, '/echo');
    const closed = once((await atServer)[0] as WebSocket, 'close');
    leaving.terminate();
    expect((await closed)[0]).toBe(1006);
  });

  it('pings and is pinged', async () => {
    const client = await opened(scheme, '/echo');
    const pong = once(client, 'pong');
    client.ping('hello?');
    expect(String((await pong)[0])).toBe('hello?');
    client.send('ping me');
    expect((await message(client)).toString()).toBe('pong: are you there');
  });

  it('agrees on a subprotocol', async () => {
    const client = await opened(scheme, '/echo', ['chat.v1', 'chat.v2']);
    expect(client.protocol).toBe('chat.v2');
  });

  it('brings its cookies, authorization and origin', async () => {
    const headers = { cookie: 'a=1; b=2', authorization: 'Bearer secret' };
    await opened(scheme, '/echo?x=1', [], { headers, origin: 'https://app.example' });
    const seen = upgrades.at(-1)!;
    expect(seen.url).toBe('/echo?x=1');
    expect(seen.headers).toMatchObject({ ...headers, origin: 'https://app.example', upgrade: 'websocket' });
    expect(seen.headers['x-forwarded-proto']).toBe(scheme === 'ws' ? 'http' : 'https');
  });

  it('is refused in the words of the backend', async () => {
    const client = connect(scheme, '/refused');
    const [, response] = (await once(client, 'unexpected-response')) as [unknown, IncomingMessage];
    expect(response.statusCode).toBe(401);
    expect(String((await once(response, 'data'))[0])).toBe('no!');
  });

  it('is one of many at once', async () => {
    const many = await Promise.all(Array.from({ length: 40 }, () => opened(scheme, '/echo')));
    const answers = many.map(async (client, i) => {
      client.send(`${i}`);
      return (await message(client)).toString();
    });
    expect(await Promise.all(answers)).toEqual(many.map((_, i) => `${i}`));
  });
});

it('plain requests are served beside tunnels', async () => {
  await opened('ws', '/echo');
  const response = await fetch(`${urls.ws!.replace('ws:', 'http:')}/x`);
  expect(await response.text()).toBe('plain /x');
});
