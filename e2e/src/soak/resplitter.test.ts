import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../gateway/free-port.ts';
import { Resplitter } from './resplitter.ts';

const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

async function echoThroughResplitter(): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = await freePort();
  const resplitter = await Resplitter.start(port, (server.address() as AddressInfo).port);
  stops.push(
    () => resplitter.stop(),
    () => server.close(),
  );
  return port;
}

async function echoed(port: number, content: Buffer): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1');
  socket.end(content);
  const taken: Buffer[] = [];
  for await (const data of socket) taken.push(data as Buffer);
  return Buffer.concat(taken);
}

describe('Resplitter', () => {
  it('changes no octet, whatever the sizes', async () => {
    const port = await echoThroughResplitter();
    const contents = Array.from({ length: 20 }, (_, i) => randomBytes(i * i * 500));
    const back = await Promise.all(contents.map((content) => echoed(port, content)));
    for (const [i, content] of contents.entries()) expect(back[i]!.equals(content)).toBe(true);
  });
});
