import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { bulkMemory } from './bulk-memory.ts';
import { OutputBuffer } from './output-buffer.ts';
import { SocketOutput } from './socket-output.ts';

async function pair(): Promise<{ near: Socket; far: Socket; close: () => void }> {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [[Socket], unknown];
  return { near, far, close: () => [near.destroy(), far.destroy(), server.close()] };
}

it('sends what was lent although the reader reads on into it, whether the peer takes it at once or late', async () => {
  const { near, far, close } = await pair();
  const output = new SocketOutput(near, new OutputBuffer(), true);
  near.on('drain', () => output.drained());
  const sent: string[] = [];
  let keptByWriter = 0;
  let memory = bulkMemory.take()!;
  for (let i = 0; i < 60; i++) {
    if (!bulkMemory.isMine(memory)) {
      keptByWriter++;
      memory = bulkMemory.take()!;
    }
    const fill = String.fromCharCode(65 + (i % 26));
    memory.fill(fill);
    const size = i % 3 === 2 ? 5_000 : 200_000;
    output.write(`<${i}>`, memory, 7, 7 + size, '\r\n');
    sent.push(`<${i}>${fill.repeat(size)}\r\n`);
  }
  if (bulkMemory.isMine(memory)) bulkMemory.giveBack(memory);
  expect(keptByWriter).toBeGreaterThan(0);
  near.end();
  const got: Buffer[] = [];
  far.on('data', (data: Buffer) => got.push(data));
  far.resume();
  await once(far, 'end');
  expect(Buffer.concat(got).equals(Buffer.from(sent.join('')))).toBe(true);
  close();
});

it('gives back what it kept when the connection is lost', async () => {
  const { near, close } = await pair();
  const output = new SocketOutput(near, new OutputBuffer(), true);
  const memory = bulkMemory.take()!;
  while (bulkMemory.isMine(memory)) output.write('', memory, 0, memory.length, '');
  close();
  await once(near, 'close');
  output.release();
  const again: Buffer[] = [];
  for (let next = bulkMemory.take(); next !== null; next = bulkMemory.take()) again.push(next);
  expect(again).toContain(memory);
  for (const buffer of again) bulkMemory.giveBack(buffer);
});
