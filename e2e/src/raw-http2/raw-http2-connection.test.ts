import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { indexedLiteral, literalBlock, repeatedIndex, requestFields } from './field-block.ts';
import { dataFrame, errorCode, frame, frameType, headersFrame, rstStreamFrame } from './frame.ts';
import { RawHttp2Connection } from './raw-http2-connection.ts';

let server: Http2Server;
let seen: { readonly path: string; readonly cookie: string; body: string }[];
let connection: RawHttp2Connection;

beforeEach(async () => {
  seen = [];
  server = createServer();
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    const request = { path: headers[':path']!, cookie: headers.cookie ?? '', body: '' };
    seen.push(request);
    stream.on('error', () => {});
    stream.on('data', (data: Buffer) => {
      request.body += data.toString();
    });
    stream.on('end', () => {
      if (stream.destroyed) return;
      if (request.path === '/reset') return stream.close(errorCode.cancel);
      stream.respond({ ':status': Number(request.path.slice(1)) });
      stream.end('0123456789');
    });
    stream.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  connection = await RawHttp2Connection.open({ port: (server.address() as AddressInfo).port });
});

afterEach(() => {
  connection.destroy();
  server.close();
});

async function ask(path: string): Promise<number | undefined> {
  const id = connection.nextStreamId();
  connection.write(headersFrame(id, literalBlock(requestFields(path)), true));
  await connection.until(() => connection.endedStreams.has(id), 5_000);
  return connection.statuses.get(id);
}

describe('RawHttp2Connection', () => {
  it('reads statuses however they are coded', async () => {
    for (const status of [200, 204, 206, 304, 400, 404, 500, 201, 299, 345, 418, 431, 503, 569]) {
      expect([status, await ask(`/${status}`)]).toEqual([status, status]);
    }
  });

  it('sends bodies, and counts what comes', async () => {
    const id = connection.nextStreamId();
    connection.write(headersFrame(id, literalBlock(requestFields('/200', 'POST')), false), dataFrame(id, 'ab', false));
    connection.write(dataFrame(id, 'c', true));
    await connection.until(() => connection.endedStreams.has(id), 5_000);
    expect(seen[0]!.body).toBe('abc');
    expect(connection.dataBytes).toBe(10);
  });

  it('uses the dynamic table', async () => {
    const id = connection.nextStreamId();
    const block = [literalBlock(requestFields('/200')), indexedLiteral(['cookie', 'a=b']), repeatedIndex(62, 2)];
    connection.write(headersFrame(id, Buffer.concat(block), true));
    await connection.until(() => connection.endedStreams.has(id), 5_000);
    expect(seen[0]!.cookie).toBe('a=b; a=b; a=b');
  });

  it('knows when the peer is done with what it was sent', async () => {
    const id = connection.nextStreamId();
    const block = literalBlock(requestFields('/200', 'POST'));
    connection.write(headersFrame(id, block, false), rstStreamFrame(id, errorCode.cancel));
    expect(await connection.roundTrip()).toBe(true);
    expect(seen).toHaveLength(1);
  });

  it('notes resets', async () => {
    const id = connection.nextStreamId();
    connection.write(headersFrame(id, literalBlock(requestFields('/reset')), true));
    await connection.until(() => connection.resets.has(id), 5_000);
    expect(connection.resets.get(id)).toBe(errorCode.cancel);
  });

  it('notes GOAWAY and the end', async () => {
    connection.write(frame(frameType.data, 0, 0));
    expect(await connection.untilClosed(5_000)).toBe(true);
    expect(connection.goawayCode).toBe(errorCode.protocolError);
    expect(await connection.roundTrip()).toBe(false);
  });

  it('refuses to open where nobody speaks HTTP/2', async () => {
    const { port } = server.address() as AddressInfo;
    server.close();
    connection.destroy();
    await expect(RawHttp2Connection.open({ port })).rejects.toThrow('no HTTP/2');
  });
});
