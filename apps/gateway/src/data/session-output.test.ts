import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FlushQueue } from './flush-queue.ts';
import { FrameMemory } from './frame-memory.ts';
import { SocketSessionOutput } from './session-output.ts';

/** Counts what it has out. */
class CountedMemory extends FrameMemory {
  out: number = 0;

  override take(size: number): Buffer {
    this.out++;
    return super.take(size);
  }

  override giveBack(chunk: Buffer): void {
    this.out--;
    super.giveBack(chunk);
  }
}

const chunkBytes = 65_536;

describe('the output of a session', () => {
  let near: Socket;
  let far: Socket;
  let memory: CountedMemory;
  let output: SocketSessionOutput;
  let blocked: boolean[];
  let stop: () => void;

  beforeEach(async () => {
    const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    near = connect((server.address() as AddressInfo).port, '127.0.0.1');
    [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [[Socket], unknown];
    memory = new CountedMemory();
    blocked = [];
    const session = { flush: (): void => {}, outputBlocked: (is: boolean): number => blocked.push(is) };
    output = new SocketSessionOutput(near, memory, new FlushQueue(), () => session);
    near.on('drain', () => output.drained());
    near.on('close', () => output.released());
    stop = () => [near.destroy(), far.destroy(), server.close()];
  });

  afterEach(() => stop());

  function send(size: number, fill: string): void {
    const chunk = memory.take(size) as Buffer;
    chunk.fill(fill, 0, size);
    output.send(chunk, size);
  }

  function fillSocket(): number {
    let sent = 0;
    for (; near.writableLength === 0; sent += chunkBytes) send(chunkBytes, 'x');
    return sent;
  }

  it('goes on with memory that the system was done with at once', () => {
    for (let i = 0; i < 10; i++) send(100, 'x');
    expect(memory.out).toBe(0);
    expect(output.written).toBe(1_000);
  });

  it('keeps no chunk for each small frame behind a queue, and loses none of them', async () => {
    let sent = fillSocket();
    for (let i = 0; i < 1_000; i++, sent += 17) send(17, 'y');
    expect(memory.out).toBe(1);
    let got = 0;
    far.on('data', (bytes: Buffer) => {
      got += bytes.length;
    });
    far.resume();
    near.end();
    await once(far, 'end');
    expect(got).toBe(sent);
    expect(memory.out).toBe(0);
  });

  it('says once that the socket is behind, and that it has caught up', async () => {
    fillSocket();
    for (let i = 0; i < 20; i++) send(chunkBytes, 'x');
    expect(blocked).toEqual([true]);
    far.resume();
    await once(near, 'drain');
    expect(blocked).toEqual([true, false]);
    expect(memory.out).toBe(0);
  });

  it('tells a peer that takes nothing from a slow one', async () => {
    expect(output.stalled(0, 100)).toBe(false);
    fillSocket();
    send(chunkBytes * 4, 'x');
    expect([0, 50, 99, 100].map((nowMs) => output.stalled(nowMs, 100))).toEqual([false, false, false, true]);
    far.resume();
    await once(near, 'drain');
    expect(output.stalled(200, 100)).toBe(false);
  });

  it('gives all memory back when the socket closes, and takes none afterwards', async () => {
    fillSocket();
    send(chunkBytes, 'x');
    near.destroy();
    await once(near, 'close');
    send(100, 'x');
    expect(memory.out).toBe(0);
  });
});
