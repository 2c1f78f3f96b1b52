import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AccessLog, openAccessLog } from './access-log.ts';
import type { AccessRecord } from './access-record.ts';

const record: AccessRecord = {
  startedMs: 0,
  durationMs: 1,
  upstreamMs: 1,
  method: 'GET',
  scheme: 'http',
  authority: 'a',
  target: '/',
  protocolVersion: '1.1',
  userAgent: '',
  clientAddress: '127.0.0.1',
  status: 200,
  requestBytes: 0,
  responseBytes: 0,
  listener: '',
  rule: null,
  backend: null,
  endpoint: null,
  tries: 1,
  reason: '',
  requestId: '',
  grpcStatus: -1,
};

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-log-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function pathsOf(text: string): string[] {
  const lines = text.split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => JSON.parse(line)['url.path']);
}

const numbered = (count: number, prefix = '/') => Array.from({ length: count }, (_, i) => prefix + i);

describe('a log in a file', () => {
  it('has every line in order and can be read by its owner and group only', async () => {
    const path = join(dir, 'access.log');
    const log = (await openAccessLog({ to: 'file', path }, () => expect.unreachable()))!;
    for (const target of numbered(1_500)) log.write({ ...record, target });
    await log.close(5_000);
    expect(pathsOf(readFileSync(path, 'utf8'))).toEqual(numbered(1_500));
    expect(statSync(path).mode & 0o027).toBe(0);
  });

  it('is appended to', async () => {
    const path = join(dir, 'access.log');
    for (const target of ['/first', '/second']) {
      const log = (await openAccessLog({ to: 'file', path }, () => expect.unreachable()))!;
      log.write({ ...record, target });
      await log.close(5_000);
    }
    expect(pathsOf(readFileSync(path, 'utf8'))).toEqual(['/first', '/second']);
  });

  it('gets its lines within a moment, without being closed', async () => {
    const path = join(dir, 'access.log');
    const log = (await openAccessLog({ to: 'file', path }, () => expect.unreachable()))!;
    log.write(record);
    await expect.poll(() => readFileSync(path, 'utf8'), { timeout: 2_000 }).not.toBe('');
    await log.close(1_000);
  });

  it('says what is wrong when it cannot be opened, and counts lines that cannot be written', async () => {
    await expect(openAccessLog({ to: 'file', path: dir }, () => {})).rejects.toThrow('EISDIR');
    expect(await openAccessLog({ to: 'off' }, () => {})).toBeNull();
    let dropped = 0;
    const fd = openSync('/dev/full', 'w');
    const log = new AccessLog({ fd, ownsFd: true, atomicBytes: 4_096, onDrop: (lines) => (dropped += lines) });
    for (const target of numbered(500)) log.write({ ...record, target });
    await log.close(5_000);
    expect(dropped).toBe(500);
    expect(() => fstatSync(fd)).toThrow('EBADF');
  });
});

describe('a log in a pipe', () => {
  const nonBlocking = constants.O_RDWR | constants.O_NONBLOCK;
  let pipe: string;
  let reader: number;
  beforeEach(() => {
    pipe = join(dir, 'pipe');
    execFileSync('mkfifo', [pipe]);
    reader = openSync(pipe, nonBlocking);
  });
  afterEach(() => closeSync(reader));

  const create = (onDrop: (lines: number) => void) =>
    new AccessLog({ fd: openSync(pipe, nonBlocking), ownsFd: true, atomicBytes: 4_096, onDrop });

  /** What is in the pipe now. */
  function read(): string {
    const chunk = Buffer.alloc(65_536);
    try {
      return chunk.toString('latin1', 0, readSync(reader, chunk));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return '';
      throw error;
    }
  }

  async function readUntil(isDone: () => boolean): Promise<string> {
    let text = '';
    for (let isLast = false; !isLast; ) {
      const wasDone = isDone();
      const part = read();
      text += part;
      isLast = wasDone && part === '';
      if (part === '') await sleep(2);
    }
    return text;
  }

  it('waits for a reader that is slower', async () => {
    const log = create(() => expect.unreachable());
    for (const target of numbered(1_000)) log.write({ ...record, target });
    await sleep(20);
    let closed = false;
    const closing = log.close(5_000).then(() => (closed = true));
    expect(pathsOf(await readUntil(() => closed))).toEqual(numbered(1_000));
    await closing;
  });

  it('does not tear the lines of two workers', async () => {
    const logs = [create(() => expect.unreachable()), create(() => expect.unreachable())];
    for (let i = 0; i < 800; i++) {
      const userAgent = 'u'.repeat(i % 300);
      for (const [worker, log] of logs.entries()) log.write({ ...record, target: `/${worker}/${i}`, userAgent });
    }
    let closed = false;
    const closing = Promise.all(logs.map((log) => log.close(5_000))).then(() => (closed = true));
    const paths = pathsOf(await readUntil(() => closed));
    await closing;
    for (const worker of [0, 1]) {
      expect(paths.filter((path) => path.startsWith(`/${worker}/`))).toEqual(numbered(800, `/${worker}/`));
    }
  });

  it('drops what a reader that has stopped does not take, counts every line of it, and closes in time', async () => {
    let dropped = 0;
    const log = create((lines) => (dropped += lines));
    const count = 8_000;
    for (const target of numbered(count)) log.write({ ...record, target });
    expect(dropped).toBeGreaterThan(count / 2);
    const before = performance.now();
    await log.close(50);
    expect(performance.now() - before).toBeLessThan(1_000);
    const taken = pathsOf(await readUntil(() => true));
    expect(taken.length + dropped).toBe(count);
    expect(taken).toEqual(numbered(taken.length));
    await sleep(20);
    expect(read()).toBe('');
  });
});
