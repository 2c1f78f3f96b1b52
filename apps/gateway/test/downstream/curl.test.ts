import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ResponseHead } from '@fairlead/message';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authority, certificate } from './certificates.ts';
import { Fixture, listener } from './fixture.ts';

const folder: string = mkdtempSync(join(tmpdir(), 'fairlead-curl-'));

afterAll(() => rmSync(folder, { recursive: true }));

function isThere(tool: string, argument: string): boolean {
  return spawnSync(tool, [argument]).error === undefined;
}

async function run(tool: string, args: readonly string[], input: string | Buffer = ''): Promise<string> {
  const child: ChildProcess = spawn(tool, args);
  let output = '';
  child.stdout!.on('data', (bytes: Buffer) => {
    output += bytes.latin1Slice();
  });
  child.stderr!.on('data', (bytes: Buffer) => {
    output += bytes.latin1Slice();
  });
  child.stdin!.on('error', () => {});
  child.stdin!.end(input);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return `${output}\nexit ${code}`;
}

// Without curl on the machine there is nothing to compare with.
describe.skipIf(!isThere('curl', '--version'))('curl', () => {
  let fixture: Fixture;
  let url: string;

  beforeAll(async () => {
    fixture = await Fixture.plain();
    url = `http://127.0.0.1:${fixture.port}`;
    fixture.handler.script = (exchange) => {
      if (exchange.head.expectContinue) exchange.stream.sendInfo(new ResponseHead(100, []));
      const answer = (): void => exchange.answer(`${exchange.head.method} ${exchange.head.path} ${exchange.bytes};`);
      if (exchange.ended) answer();
      else
        exchange.onData = (last) => {
          if (last) setImmediate(answer);
        };
    };
  });

  afterAll(() => {
    fixture.close();
    expect(fixture.faults).toEqual([]);
    expect(fixture.refused).toEqual([]);
  });

  it('gets several answers over one connection', async () => {
    const output = await run('curl', ['-sv', `${url}/1`, `${url}/2`, `${url}/3`]);
    expect(output).toMatch(/GET \/1 0;[\s\S]*GET \/2 0;[\s\S]*GET \/3 0;/);
    expect(output.match(/Connected to/g)).toHaveLength(1);
    expect(output).toContain('exit 0');
  });

  it.each([
    ['HTTP/1.0', ['--http1.0']],
    ['Connection: close', ['-H', 'Connection: close']],
    ['a blank Accept', ['-H', 'Accept;']],
  ])('gets an answer by %s', async (_what, args) => {
    expect(await run('curl', ['-s', ...args, `${url}/x`])).toContain('GET /x 0;\nexit 0');
  });

  it('gets a head', async () => {
    const output = await run('curl', ['-sI', `${url}/x`, `${url}/y`]);
    expect(output).toMatch(/content-length: 10\r\n\r\nHTTP/);
    expect(output).toContain('exit 0');
  });

  it.each([
    ['a length', []],
    ['chunks', ['-H', 'Transfer-Encoding: chunked']],
    ['an expectation', ['-H', 'Expect: 100-continue']],
  ])('uploads with %s', async (_what, args) => {
    const body = randomBytes(3_000_000);
    const options = ['-s', '--data-binary', '@-', ...args];
    expect(await run('curl', [...options, `${url}/up`], body)).toContain('POST /up 3000000;\nexit 0');
  });

  it('checks the certificate and shows its own', async () => {
    const ca = await authority('curl');
    const [server, client] = await Promise.all([certificate(['a.example'], ca), certificate(['client'], ca)]);
    const file = (name: string, text: string): string => {
      const path = join(folder, name);
      writeFileSync(path, text, { mode: 0o600 });
      return path;
    };
    const secure = new Fixture();
    secure.handler.script = (exchange) => exchange.answer(`secure ${exchange.stream.peer.tls?.serverName}`);
    const clientValidation = { caPems: [ca.cert], mode: 'AllowValidOnly' } as const;
    await secure.listen([listener('a', 'a.example', { certificates: [server], clientValidation })]);
    const resolve = ['--resolve', `a.example:${secure.port}:127.0.0.1`, '--cacert', file('ca.pem', ca.cert)];
    const own = ['--cert', file('client.pem', client.certPem), '--key', file('client.key', client.keyPem)];
    const target = `https://a.example:${secure.port}/`;
    for (const version of [['--tlsv1.3'], ['--tls-max', '1.2']]) {
      expect(await run('curl', ['-s', ...resolve, ...own, ...version, target])).toContain('secure a.example\nexit 0');
    }
    expect(await run('curl', ['-s', ...resolve, target])).not.toContain('secure');
    secure.close();
  });
});

describe.skipIf(!isThere('openssl', 'version'))('openssl s_client', () => {
  it('resumes a session and shuts down cleanly', async () => {
    const fixture = new Fixture();
    fixture.handler.script = (exchange) => exchange.answer('secure');
    await fixture.listen([
      listener('any', '', { certificates: [await certificate(['a.example'])], clientValidation: null }),
    ]);
    const session = join(folder, 'session');
    const request = 'GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n';
    const connect = ['s_client', '-connect', `127.0.0.1:${fixture.port}`, '-servername', 'a.example', '-ign_eof'];
    const first = await run('openssl', [...connect, '-sess_out', session], request);
    expect(first).toMatch(/New, TLSv1\.3[\s\S]*secure[\s\S]*exit 0/);
    expect(await run('openssl', [...connect, '-sess_in', session], request)).toMatch(
      /Reused, TLSv1\.3[\s\S]*secure[\s\S]*exit 0/,
    );
    fixture.close();
    expect(fixture.faults).toEqual([]);
  });
});
