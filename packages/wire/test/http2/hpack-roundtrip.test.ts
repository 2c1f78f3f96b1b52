/** What we write, we read: heads through blocks, whatever the tables hold. */
import { Field, internField, internName, RequestHead, ResponseHead } from '@fairlead/message';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRequestHead } from '../../src/http2/heads/request-head.ts';
import { readResponseHead } from '../../src/http2/heads/response-head.ts';
import { readTrailers } from '../../src/http2/heads/trailers.ts';
import { HeaderDecoder } from '../../src/http2/hpack/header-decoder.ts';
import { HeaderEncoder, requestBound, responseBound, trailersBound } from '../../src/http2/hpack/header-encoder.ts';
import { NaiveDecoder } from './naive-hpack.ts';
import { plain, roomy } from './raw-block.ts';

const runs = Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 300);
const options = { numRuns: runs, seed: Number(process.env.FAIRLEAD_FUZZ_SEED ?? 5) };
const rules = { scheme: 'http', extendedConnect: true, maxTargetBytes: 8_192, allowUnderscores: true } as const;

const value = fc
  .oneof(
    fc.constantFrom(
      '',
      'a',
      'gzip, deflate',
      'text/html; charset=utf-8',
      'x'.repeat(90),
      'y'.repeat(400),
      '~|{}'.repeat(20),
    ),
    fc.string({
      unit: fc
        .integer({ min: 0x20, max: 0xff })
        .filter((code) => code !== 0x7f)
        .map((code) => String.fromCharCode(code)),
      maxLength: 140,
    }),
  )
  .map((text) => text.replace(/^[\t ]+|[\t ]+$/g, ''));
const name = fc.constantFrom(
  ...['accept', 'accept-encoding', 'x-one', 'x_two', 'set-cookie', 'authorization', 'traceparent', 'date', 'etag'],
  ...['x-a-name-of-some-length', 'x!', 'server', 'www-authenticate', 'via', 'age', 'grpc-status'],
);
/** One object for each text, as the codecs have it, or a new one. */
const field = fc
  .tuple(name, value, fc.boolean())
  .map(([key, text, shared]) => (shared ? internField(internName(key), text) : new Field(internName(key), text)));
const fields = fc.array(field, { maxLength: 12 });

const requestHead = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'DELETE', 'PROPFIND'),
    authority: fc.constantFrom('a', 'shop.example:8080', '[::1]:1'),
    path: fc.constantFrom('/', '/index.html', '/a?b=c', `/${'p'.repeat(200)}`),
    fields,
    length: fc.constantFrom(-1, 0, 7, 123_456_789_012),
    trailersAccepted: fc.boolean(),
    upgrade: fc.boolean(),
  })
  .map((parts) => {
    const head = new RequestHead(
      parts.upgrade ? 'GET' : parts.method,
      'http',
      parts.authority,
      parts.path,
      parts.fields,
    );
    head.contentLength = parts.upgrade ? -1 : parts.length;
    head.trailersAccepted = parts.trailersAccepted;
    head.upgrade = parts.upgrade ? 'websocket' : '';
    return head;
  });

const responseHead = fc
  .record({
    status: fc.constantFrom(200, 204, 206, 304, 400, 404, 500, 201, 503),
    fields,
    length: fc.constantFrom(-1, 0, 999),
  })
  .map((parts) => {
    const head = new ResponseHead(parts.status, parts.fields);
    head.contentLength = parts.length;
    return head;
  });

/** Both ends of a connection's direction, and an oracle that listens. */
class Wire {
  readonly encoder: HeaderEncoder;
  readonly decoder: HeaderDecoder = new HeaderDecoder(4_096, roomy);
  readonly naive: NaiveDecoder = new NaiveDecoder(4_096);
  readonly out = { bytes: Buffer.alloc(16_384), at: 0 };

  constructor(indexing: 'never' | 'repeated') {
    this.encoder = new HeaderEncoder(indexing);
  }

  /** What `write` puts out, read; `bound` was promised. */
  pass(bound: number, write: () => void): Field[] {
    const { out, decoder } = this;
    // Octets beyond the bound must stay.
    out.bytes.fill(0xee);
    out.at = 100;
    write();
    expect(out.bytes.subarray(100 + bound).every((octet) => octet === 0xee)).toBe(true);
    expect(out.bytes.subarray(0, 100).every((octet) => octet === 0xee)).toBe(true);
    const block = Buffer.from(out.bytes.subarray(100, out.at));
    expect(decoder.decode(block, 0, block.length)).toBe(true);
    expect(plain(decoder.fields)).toEqual(this.naive.decode(block));
    return decoder.fields;
  }
}

const indexing = fc.constantFrom('never' as const, 'repeated' as const);
const tableSizes = fc.option(fc.constantFrom(0, 60, 200, 4_096, 65_536));

describe('heads of one connection', () => {
  it('requests', () => {
    fc.assert(
      fc.property(
        indexing,
        fc.array(fc.tuple(requestHead, tableSizes), { minLength: 1, maxLength: 4 }),
        (kind, steps) => {
          const wire = new Wire(kind);
          for (const [head, size] of [...steps, ...steps, ...steps]) {
            if (size !== null) wire.encoder.setMaxTableBytes(size);
            const read = readRequestHead(
              wire.pass(requestBound(head), () => wire.encoder.request(head, wire.out)),
              false,
              rules,
            );
            expect(texts(read)).toEqual(texts(head));
          }
        },
      ),
      options,
    );
  });

  it('responses', () => {
    fc.assert(
      fc.property(
        indexing,
        fc.array(fc.tuple(responseHead, tableSizes), { minLength: 1, maxLength: 4 }),
        (kind, steps) => {
          const wire = new Wire(kind);
          for (const [head, size] of [...steps, ...steps, ...steps]) {
            if (size !== null) wire.encoder.setMaxTableBytes(size);
            const read = readResponseHead(wire.pass(responseBound(head), () => wire.encoder.response(head, wire.out)));
            expect(texts(read)).toEqual(texts(head));
          }
        },
      ),
      options,
    );
  });

  it('trailers', () => {
    const trailers = [internField(internName('grpc-status'), '0'), new Field(internName('grpc-message'), 'a b')];
    const wire = new Wire('repeated');
    for (let i = 0; i < 4; i++) {
      const read = readTrailers(
        wire.pass(trailersBound(trailers), () => wire.encoder.trailers(trailers, wire.out)),
        true,
      );
      expect(plain(read as Field[])).toEqual(plain(trailers));
    }
  });
});

function texts(read: object): object {
  const head = read as RequestHead | ResponseHead;
  return { ...head, fields: plain(head.fields) };
}

/** The block of a response with these fields, as hexadecimal. */
function written(encoder: HeaderEncoder, ...fields: Field[]): string {
  const out = { bytes: Buffer.alloc(4_096), at: 0 };
  encoder.trailers(fields, out);
  return out.bytes.subarray(0, out.at).toString('hex');
}

describe('what is indexed', () => {
  const server = () => new Field(internName('server'), 'fairlead');

  it('a field that comes again, in the end by one octet', () => {
    const encoder = new HeaderEncoder('repeated');
    const field = server();
    expect(written(encoder, field)).toBe('0f27086661697 26c656164'.replace(' ', ''));
    expect(written(encoder, field)).toMatch(/^0f2786/);
    expect(written(encoder, field)).toMatch(/^7686/);
    expect(written(encoder, field, field)).toBe('bebe');
  });

  it('nothing on a shared connection', () => {
    const encoder = new HeaderEncoder('never');
    const field = server();
    for (let i = 0; i < 5; i++) expect(written(encoder, field)).toMatch(/^0f27/);
  });

  it.each(['authorization', 'cookie', 'set-cookie', 'x-api-key'])('never %s', (text) => {
    const encoder = new HeaderEncoder('repeated');
    const field = new Field(internName(text), 'secret');
    for (let i = 0; i < 5; i++) expect(written(encoder, field)).toMatch(/^1.*06736563726574$/);
  });

  it('never what arrived as never to be indexed', () => {
    const block = Buffer.from('1007782d746f6b656e0173', 'hex');
    const decoder = new HeaderDecoder(4_096, roomy);
    const encoder = new HeaderEncoder('repeated');
    for (let i = 0; i < 5; i++) {
      expect(decoder.decode(block, 0, block.length)).toBe(true);
      expect(written(encoder, ...decoder.fields)).toBe(block.toString('hex'));
    }
  });

  it.each(['connection', 'transfer-encoding', 'host', 'content-length', ':path', 'te'])(
    '%s is not even written',
    (text) => {
      expect(written(new HeaderEncoder('never'), new Field(internName(text), 'x'))).toBe('');
    },
  );

  it('a lower maximum is told first, and its return', () => {
    const encoder = new HeaderEncoder('repeated');
    encoder.setMaxTableBytes(4_096);
    expect(written(encoder)).toBe('');
    encoder.setMaxTableBytes(0);
    expect(written(encoder)).toBe('20');
    expect(written(encoder)).toBe('');
    encoder.setMaxTableBytes(100);
    encoder.setMaxTableBytes(10);
    encoder.setMaxTableBytes(4_096);
    expect(written(encoder)).toBe('203fe11f');
    encoder.setMaxTableBytes(100_000);
    expect(written(encoder)).toBe('');
  });

  it('what repeats stays indexed beside thousands that come twice', () => {
    const encoder = new HeaderEncoder('repeated');
    const always = Array.from({ length: 8 }, (_, i) => new Field(internName(`x-always-${i}`), `value ${i}`));
    const twice = Array.from({ length: 3_000 }, (_, i) => new Field(internName('x-request-id'), `${i}`));
    for (let round = 0; round < 3; round++) for (const field of twice) written(encoder, ...always, field);
    expect(written(encoder, ...always)).toHaveLength(16);
  });

  it('more fields than are kept, again and again', () => {
    const wire = new Wire('repeated');
    const many = Array.from({ length: 3_000 }, (_, i) => new Field(internName('x-many'), `value ${i}`));
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < many.length; i += 100) {
        const some = many.slice(i, i + 100);
        expect(plain(wire.pass(trailersBound(some), () => wire.encoder.trailers(some, wire.out)))).toEqual(plain(some));
      }
    }
  });
});
