/** Our encoder with node's decoder, node's encoder with ours, over sockets: nghttp2 is at the other end. */
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  createServer,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
  type Settings,
} from 'node:http2';
import { type AddressInfo, createServer as createTcpServer, type Socket, connect as tcpConnect } from 'node:net';
import { type Field, internField, internName, RequestHead, ResponseHead } from '@fairlead/message';
import { afterEach, expect, it } from 'vitest';
import { readRequestHead } from '../../src/http2/heads/request-head.ts';
import { readResponseHead } from '../../src/http2/heads/response-head.ts';
import { HeaderDecoder } from '../../src/http2/hpack/header-decoder.ts';
import { HeaderEncoder } from '../../src/http2/hpack/header-encoder.ts';
import { plain, type RawField, roomy } from './raw-block.ts';

const rules = { scheme: 'http', extendedConnect: false, maxTargetBytes: 8_192, allowUnderscores: false } as const;
const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const FrameType = { data: 0, headers: 1, settings: 4 } as const;

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** The frames that a socket brings, and the settings handshake answered. */
async function* framesOf(socket: Socket, skip: number): AsyncGenerator<Frame> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    bytes = Buffer.concat([bytes, chunk]);
    const rest = bytes.subarray(Math.min(skip, bytes.length));
    skip -= bytes.length - rest.length;
    bytes = rest;
    for (let length = frameLength(bytes); bytes.length >= length; length = frameLength(bytes)) {
      const found = {
        type: bytes[3]!,
        flags: bytes[4]!,
        stream: bytes.readUInt32BE(5),
        payload: bytes.subarray(9, length),
      };
      bytes = bytes.subarray(length);
      if (found.type === FrameType.settings && found.flags === 0) socket.write(frame(FrameType.settings, 1, 0));
      yield found;
    }
  }
}

function frameLength(bytes: Buffer): number {
  return bytes.length < 9 ? Number.POSITIVE_INFINITY : 9 + bytes.readUIntBE(0, 3);
}

/** Of a HEADERS frame, without padding and priority. */
function blockOf({ flags, payload }: Frame): Buffer {
  const padding = flags & 8 ? payload[0]! : 0;
  const start = (flags & 8 ? 1 : 0) + (flags & 32 ? 5 : 0);
  return payload.subarray(start, payload.length - padding);
}

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A head for each i: much that repeats, something that does not, secrets, lengths around the borders of integers. */
function fieldsOf(i: number): RawField[] {
  return [
    ['user-agent', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36'],
    ['accept', i % 3 === 0 ? '*/*' : 'text/html,application/xhtml+xml;q=0.9'],
    ['x-request-id', `5f2b1c${i}-aa`],
    ['x-long', `${'~Aa9'.repeat((i * 7) % 120)}${i % 5}`],
    ['cookie', `session=${i % 4}`],
    ['authorization', `Bearer ${i % 2}`],
    ['x-latin', '\xe9\xff{}|'],
    ['x-empty', ''],
  ];
}

function toFields(raw: readonly RawField[]): Field[] {
  return raw.map(([name, value]) => internField(internName(name), value));
}

const count = 60;
const tables: readonly Settings[] = [{}, { headerTableSize: 0 }, { headerTableSize: 150 }, { headerTableSize: 65_536 }];

it.each(tables)("reads the requests of node's client, %o", async (settings) => {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { settings });
  cleanups.push(
    () => client.destroy(),
    () => server.close(),
  );
  client.on('error', () => undefined);
  const [socket] = await accepted;
  socket.on('error', () => undefined);
  socket.write(frame(FrameType.settings, 0, 0));
  for (let i = 0; i < count; i++) {
    const headers: OutgoingHttpHeaders = { ':path': `/items/${i % 9}?n=${i}`, ...Object.fromEntries(fieldsOf(i)) };
    client.request(headers).on('error', () => undefined);
  }
  const decoder = new HeaderDecoder(4_096, roomy);
  let seen = 0;
  for await (const found of framesOf(socket, preface.length)) {
    if (found.type !== FrameType.headers) continue;
    const block = blockOf(found);
    expect(decoder.decode(block, 0, block.length)).toBe(true);
    const head = readRequestHead(decoder.fields, true, rules) as RequestHead;
    expect(head.path).toBe(`/items/${seen % 9}?n=${seen}`);
    expect(sorted(plain(head.fields))).toEqual(sorted(fieldsOf(seen)));
    if (++seen === count) break;
  }
  expect(seen).toBe(count);
});

it.each(tables)("writes requests for node's server and reads its responses, %o", async (settings) => {
  const server = createServer({ settings }).listen(0, '127.0.0.1');
  const got: RawField[][] = [];
  server.on('stream', (stream: ServerHttp2Stream, _headers, _flags, raw: string[]) => {
    got.push(pairs(raw));
    stream.on('error', () => undefined);
    stream.respond(
      { ':status': 200 + (got.length % 3), ...Object.fromEntries(fieldsOf(got.length - 1)) },
      { endStream: true },
    );
  });
  await once(server, 'listening');
  const socket = tcpConnect((server.address() as AddressInfo).port, '127.0.0.1');
  cleanups.push(
    () => socket.destroy(),
    () => server.close(),
  );
  socket.write(preface);
  socket.write(frame(FrameType.settings, 0, 0));
  const encoder = new HeaderEncoder('repeated');
  const decoder = new HeaderDecoder(4_096, roomy);
  const out = { bytes: Buffer.alloc(16_384), at: 0 };
  let answers = 0;
  for await (const found of framesOf(socket, 0)) {
    if (found.type === FrameType.settings && found.flags === 0) {
      if (settings.headerTableSize !== undefined) encoder.setMaxTableBytes(settings.headerTableSize);
      for (let i = 0; i < count; i++) {
        out.at = 0;
        encoder.request(new RequestHead('GET', 'http', 'a:1', `/items/${i % 9}`, toFields(fieldsOf(i))), out);
        socket.write(frame(FrameType.headers, 5, 2 * i + 1, Buffer.from(out.bytes.subarray(0, out.at))));
      }
    }
    if (found.type !== FrameType.headers) continue;
    const block = blockOf(found);
    expect(decoder.decode(block, 0, block.length)).toBe(true);
    const head = readResponseHead(decoder.fields) as ResponseHead;
    expect(head.status).toBe(200 + ((answers + 1) % 3));
    expect(sorted(plain(head.fields)).filter(([name]) => name !== 'date')).toEqual(sorted(fieldsOf(answers)));
    if (++answers === count) break;
  }
  for (let i = 0; i < count; i++) {
    const pseudo = [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':authority', 'a:1'],
      [':path', `/items/${i % 9}`],
    ];
    expect(got[i]).toEqual([...pseudo, ...fieldsOf(i)]);
  }
});

it.each(tables)("writes responses for node's client, %o", async (settings) => {
  const server = createTcpServer((socket) => void answer(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { settings });
  cleanups.push(
    () => client.destroy(),
    () => server.close(),
  );
  await once(client, 'remoteSettings');
  for (let i = 0; i < count; i++)
    expect(await responseTo(client)).toEqual([[':status', '200'], ...fieldsOf(i), ['content-length', '0']]);
});

/** Answers each request with the next head; the client's settings come before its first. */
async function answer(socket: Socket): Promise<void> {
  socket.on('error', () => undefined);
  socket.write(frame(FrameType.settings, 0, 0));
  const encoder = new HeaderEncoder('repeated');
  const out = { bytes: Buffer.alloc(16_384), at: 0 };
  let answers = 0;
  for await (const found of framesOf(socket, preface.length)) {
    if (found.type === FrameType.settings) applyTableSize(encoder, found.payload);
    if (found.type !== FrameType.headers) continue;
    const head = new ResponseHead(200, toFields(fieldsOf(answers++)));
    head.contentLength = 0;
    out.at = 0;
    encoder.response(head, out);
    socket.write(frame(FrameType.headers, 5, found.stream, Buffer.from(out.bytes.subarray(0, out.at))));
  }
}

function applyTableSize(encoder: HeaderEncoder, settings: Buffer): void {
  for (let at = 0; at < settings.length; at += 6)
    if (settings.readUInt16BE(at) === 1) encoder.setMaxTableBytes(settings.readUInt32BE(at + 2));
}

async function responseTo(client: ClientHttp2Session): Promise<RawField[]> {
  const stream = client.request({ ':path': '/' });
  const [, , raw] = (await once(stream, 'response')) as [unknown, number, string[]];
  stream.resume();
  await once(stream, 'close');
  return pairs(raw);
}

function pairs(raw: readonly string[]): RawField[] {
  return Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i]!, raw[2 * i + 1]!]);
}

function sorted(fields: readonly RawField[]): RawField[] {
  return fields.toSorted(([left], [right]) => (left < right ? -1 : 1));
}
