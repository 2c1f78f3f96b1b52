/**
 * What HPACK and the reading of heads cost per message, in nanoseconds of CPU: `node packages/wire/bench/hpack.ts`. Compare within a run.
 */
import { type Field, internField, internName, RequestHead, ResponseHead } from '@fairlead/message';
import { readRequestHead } from '../src/http2/heads/request-head.ts';
import { readResponseHead } from '../src/http2/heads/response-head.ts';
import { HeaderDecoder } from '../src/http2/hpack/header-decoder.ts';
import { HeaderEncoder, requestBound, responseBound } from '../src/http2/hpack/header-encoder.ts';
import { Literal, writeCompressed, writeName } from '../src/http2/hpack/literal-writer.ts';

const rules = { scheme: 'http', extendedConnect: true, maxTargetBytes: 8_192, allowUnderscores: false } as const;
const limits = { maxFieldSectionBytes: 65_536, maxFields: 128 };
const messages = 100_000;
const rounds = 9;

/** Eight fields of a browser beside the four pseudo fields. */
const browser: readonly (readonly [string, string])[] = [
  [
    'user-agent',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  ],
  ['accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'],
  ['accept-encoding', 'gzip, deflate, br, zstd'],
  ['accept-language', 'en-GB,en;q=0.7,de;q=0.3'],
  ['cache-control', 'no-cache'],
  ['referer', 'https://shop.example.com/start'],
  ['sec-fetch-mode', 'navigate'],
  ['sec-fetch-site', 'same-origin'],
];

const answer: readonly (readonly [string, string])[] = [
  ['server', 'nginx/1.22.1'],
  ['date', 'Wed, 25 Nov 2026 16:00:00 GMT'],
  ['content-type', 'application/octet-stream'],
  ['last-modified', 'Tue, 24 Nov 2026 10:00:00 GMT'],
  ['etag', '"6561d2a0-400"'],
  ['accept-ranges', 'bytes'],
];

function toFields(texts: readonly (readonly [string, string])[]): Field[] {
  return texts.map(([name, value]) => internField(internName(name), value));
}

function requestTo(path: string, more: readonly (readonly [string, string])[] = []): RequestHead {
  return new RequestHead('GET', 'http', 'shop.example.com:8080', path, toFields([...browser, ...more]));
}

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

/** As clients write it: the path in Huffman code and not indexed, the others in the dynamic table (nghttp2), or all as literals. */
function blocksOf(heads: readonly RequestHead[], indexing: 'never' | 'repeated'): Buffer[] {
  const encoder = new HeaderEncoder(indexing);
  const out = { bytes: Buffer.alloc(8_192), at: 0 };
  return heads.map((head) => {
    out.at = 0;
    encoder.request(new RequestHead('GET', 'http', head.authority, '/', head.fields), out);
    // `:path: /` is the last octet of the pseudo fields.
    const slash = out.bytes.indexOf(0x84);
    const path = Buffer.alloc(512);
    const end = writeCompressed(path, writeName(path, 0, internName(':path'), Literal.plain, true), head.path);
    const rest = out.bytes.subarray(slash + 1, out.at);
    return Buffer.concat([out.bytes.subarray(0, slash), path.subarray(0, end), rest]);
  });
}

/** All in the memory of one socket read, as it is in the gateway. */
class Blocks {
  readonly bytes: Buffer;
  readonly ends: number[] = [0];

  constructor(blocks: readonly Buffer[]) {
    this.bytes = Buffer.concat(blocks);
    for (const block of blocks) this.ends.push(this.ends.at(-1)! + block.length);
  }
}

function decodeRequests(name: string, heads: readonly RequestHead[], indexing: 'never' | 'repeated'): void {
  const decoder = new HeaderDecoder(4_096, limits);
  // The first ones fill the table.
  const warm = blocksOf([...heads.slice(0, 4), ...heads], indexing);
  const first = warm.slice(0, 4);
  for (const block of first) decoder.decode(block, 0, block.length);
  const { bytes, ends } = new Blocks(warm.slice(4));
  const count = heads.length;
  measure(`read ${name} (${Math.round(bytes.length / count)} octets)`, (i) => {
    const at = i % count;
    if (!decoder.decode(bytes, ends[at]!, ends[at + 1]!)) throw new Error('compression error');
    if (!(readRequestHead(decoder.fields, true, rules) instanceof RequestHead)) throw new Error('refused');
  });
}

function encodeRequests(name: string, heads: readonly RequestHead[]): void {
  const encoder = new HeaderEncoder('never');
  const out = { bytes: Buffer.alloc(65_536), at: 0 };
  const count = heads.length;
  measure(`write ${name}`, (i) => {
    const head = heads[i % count]!;
    if (out.at + requestBound(head) > out.bytes.length) out.at = 0;
    encoder.request(head, out);
  });
}

function responses(): void {
  const head = new ResponseHead(200, toFields(answer));
  head.contentLength = 1_024;
  const block = { bytes: Buffer.alloc(65_536), at: 0 };
  for (const indexing of ['never', 'repeated'] as const) {
    const encoder = new HeaderEncoder(indexing);
    measure(`write a response (7 fields), indexing ${indexing}`, () => {
      if (block.at + responseBound(head) > block.bytes.length) block.at = 0;
      encoder.response(head, block);
    });
    block.at = 0;
    encoder.response(head, block);
    const { at } = block;
    const decoder = new HeaderDecoder(4_096, limits);
    if (indexing === 'repeated') continue;
    measure(`read that response (${at} octets)`, () => {
      if (!decoder.decode(block.bytes, 0, at)) throw new Error('compression error');
      readResponseHead(decoder.fields);
    });
  }
}

const paths = Array.from({ length: 4_000 }, (_, i) => requestTo(`/api/v1/items/${i}?page=${i % 7}`));
const few = Array.from({ length: 64 }, () => requestTo('/api/v1'));
const own = Array.from({ length: 4_000 }, (_, i) =>
  requestTo(`/api/v1/items/${i}`, [
    ['x-request-id', `5f2b1c${i}-aa`],
    ['cookie', `session=${i}-8f1b`],
  ]),
);
decodeRequests('a request (12 fields), all indexed but the path, the same', few, 'repeated');
decodeRequests('  … 4,000 targets', paths, 'repeated');
decodeRequests('  … request id and cookie of its own', own, 'repeated');
decodeRequests('a request (12 fields), all literals, the same', few, 'never');
decodeRequests('  … 4,000 targets', paths, 'never');
encodeRequests('a request (12 fields), the same', few);
encodeRequests('  … 4,000 targets', paths);
encodeRequests('  … request id and cookie of its own', own);
responses();
