/**
 * What the codec costs per message, in nanoseconds of CPU: `node packages/wire/bench/http1.ts`. Compare within a run.
 */
import type { Field, RequestHead, ResponseHead } from '@fairlead/message';
import { type Octets, RequestParser, ResponseParser, requestHeadText, responseHeadText } from '../src/index.ts';

const limits = { maxTargetBytes: 8_192, maxHeadBytes: 16_384, maxFields: 128, allowUnderscores: false };
const messages = 200_000;
const rounds = 9;

class LastResponse {
  head: ResponseHead | null = null;

  onInfo(): void {}

  onHead(head: ResponseHead): void {
    this.head = head;
  }

  onBody(_bytes: Octets, _start: number, _end: number, _last: boolean): void {}

  onTrailers(_fields: readonly Field[]): void {}
}

class LastRequest {
  head: RequestHead | null = null;

  onHead(head: RequestHead): void {
    this.head = head;
  }

  onBody(_bytes: Octets, _start: number, _end: number, _last: boolean): void {}

  onTrailers(_fields: readonly Field[]): void {}
}

/** A browser's head: 8 fields, about 460 octets. */
function requestText(path: string, extra: string = ''): string {
  return [
    `GET ${path} HTTP/1.1`,
    'Host: shop.example.com:8080',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
    'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
    'Accept-Encoding: gzip, deflate, br, zstd',
    'Accept-Language: en-GB,en;q=0.7,de;q=0.3',
    'Connection: keep-alive',
    'Cache-Control: no-cache',
    `Referer: https://shop.example.com/start${extra}`,
    '',
    '',
  ].join('\r\n');
}

const response = [
  'HTTP/1.1 200 OK',
  'Server: nginx/1.22.1',
  'Date: Wed, 25 Nov 2026 16:00:00 GMT',
  'Content-Type: application/octet-stream',
  'Content-Length: 0',
  'Last-Modified: Tue, 24 Nov 2026 10:00:00 GMT',
  'Connection: keep-alive',
  'ETag: "6561d2a0-400"',
  'Accept-Ranges: bytes',
  '',
  '',
].join('\r\n');

/** CPU nanoseconds of one call of `run(i)`: median and least of the rounds. */
function measure(name: string, run: (i: number) => void): void {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < messages; i++) run(i);
    const { user, system } = process.cpuUsage(before);
    times.push(((user + system) * 1_000) / messages);
  }
  times.sort((a, b) => a - b);
  const [median, least] = [times[rounds >> 1]!, times[0]!].map((time) => time.toFixed(0).padStart(6));
  console.log(`${name.padEnd(58)} ${median} ns (least ${least})`);
}

function parseRequests(name: string, variants: readonly Buffer[]): void {
  const parser = new RequestParser(limits, 'http', new LastRequest());
  const count = variants.length;
  measure(name, (i) => {
    const bytes = variants[i % count]!;
    if (parser.parse(bytes, 0, bytes.length) !== bytes.length) throw new Error(parser.error?.code);
    parser.next();
  });
}

function serialise(): void {
  const sink = new LastRequest();
  const parser = new RequestParser(limits, 'http', sink);
  const bytes = Buffer.from(requestText('/api/v1'));
  parser.parse(bytes, 0, bytes.length);
  const head = sink.head!;
  const out = Buffer.alloc(2_048);
  measure('write a request head into memory', () => out.latin1Write(requestHeadText(head, 'none'), 0));
}

function responses(): void {
  const sink = new LastResponse();
  const parser = new ResponseParser(limits, sink);
  const bytes = Buffer.from(response);
  measure(`parse a response head (${bytes.length} octets, 8 fields)`, () => {
    parser.begin('GET');
    if (parser.parse(bytes, 0, bytes.length) !== bytes.length) throw new Error(parser.error?.code);
  });
  const head = sink.head!;
  const out = Buffer.alloc(2_048);
  measure('write a response head into memory', () =>
    out.latin1Write(responseHeadText(head, { framing: 'none', connection: '' }), 0),
  );
}

// Each read of a socket has memory of its own.
const same = Array.from({ length: 64 }, () => Buffer.from(requestText('/api/v1')));
parseRequests(`parse a request head (${same[0]!.length} octets, 8 fields), the same`, same);
const paths = Array.from({ length: 4_000 }, (_, i) => Buffer.from(requestText(`/api/v1/items/${i}?page=${i}`)));
parseRequests('  … 4,000 targets with a query', paths);
const agents = Array.from({ length: 16 }, (_, i) =>
  Buffer.from(
    requestText('/api/v1')
      .replace('Chrome/126', `Chrome/${100 + i}`)
      .replace('en-GB', `e${i}-GB`),
  ),
);
parseRequests('  … 16 browsers in turn', agents);
const fresh = Array.from({ length: 4_000 }, (_, i) =>
  Buffer.from(
    requestText('/api/v1').replace('Cache-Control: no-cache', `X-Request-Id: 5f2b1c${i}-aa\r\nCookie: s=${i}`),
  ),
);
parseRequests('  … request id and cookie of its own', fresh);
const strange = Array.from({ length: 4_000 }, (_, i) =>
  Buffer.from(
    requestText(`/${i}?`, `${i}`)
      .replaceAll(':', `: ${i}`)
      .replace(/Host: \d+ /, 'Host: ')
      .replace(/shop\.example\.com: \d+8080/, 'a')
      .replace(/Connection: \d+ keep-alive\r\n/, ''),
  ),
);
parseRequests('  … nothing seen before', strange);
serialise();
responses();
