/** What is written from a message is read as the same message, however the octets are cut. */
import { Field, internName, RequestHead, ResponseHead } from '@fairlead/message';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkHeader, lastChunk, requestHeadText, responseHeadText, trailerText } from '../src/index.ts';
import { rawRequests, rawResponses } from './mutations.ts';
import { describeReading, type Message, readRequests, readResponses } from './transcript.ts';

const runs = Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 500);
const options = { numRuns: runs, seed: Number(process.env.FAIRLEAD_FUZZ_SEED ?? 3) };
const roomy = { maxTargetBytes: 8_192, maxHeadBytes: 65_536, maxFields: 128, allowUnderscores: true };

const value = fc
  .string({
    unit: fc
      .integer({ min: 0x20, max: 0xff })
      .filter((code) => code !== 0x7f)
      .map((code) => String.fromCharCode(code)),
    maxLength: 40,
  })
  .map((text) => text.replace(/^[\t ]+|[\t ]+$/g, ''));
const field = fc
  .tuple(
    fc.constantFrom('accept', 'cookie', 'x-one', 'x_two', 'set-cookie', 'authorization', 'traceparent', 'date'),
    value,
  )
  .map(([name, text]) => new Field(internName(name), text));
const fields = fc.array(field, { maxLength: 12 });
const path = fc.string({ unit: fc.constantFrom(...'/abc?&=%2f~.;:@!$'), maxLength: 40 }).map((text) => `/${text}`);

const requestHead = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'DELETE', 'QUERY'),
    authority: fc.constantFrom('a', 'shop.example:8080', '[::1]:1'),
    path,
    fields,
    length: fc.constantFrom(-1, 0),
    trailersAccepted: fc.boolean(),
    upgrade: fc.constantFrom('', 'websocket', 'foo/2'),
  })
  .map((parts) => {
    const head = new RequestHead(parts.method, 'http', parts.authority, parts.path, parts.fields);
    head.contentLength = parts.length;
    head.trailersAccepted = parts.trailersAccepted;
    head.upgrade = parts.upgrade;
    return head;
  });

const octets = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
const chunksOf = fc.array(
  octets.filter((bytes) => bytes.length > 0),
  { maxLength: 6 },
);

/** Where to cut, as shares of the whole. */
const cutting = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });

function cut(raw: Buffer, shares: readonly number[]): Buffer[] {
  const at = [...new Set([0, ...shares.map((share) => Math.floor(share * raw.length)), raw.length])].sort(
    (a, b) => a - b,
  );
  return at.slice(1).map((end, i) => raw.subarray(at[i], end));
}

function readOne(raw: Buffer, shares: readonly number[]): Message {
  const reading = readRequests(cut(raw, shares), roomy);
  expect(reading.error).toBe('');
  expect(reading.messages).toHaveLength(1);
  expect(reading.messages[0]!.complete).toBe(true);
  return reading.messages[0]!;
}

function chunkedText(chunks: readonly Buffer[], end: string): string {
  return chunks.map((chunk) => `${chunkHeader(chunk.length)}${chunk.latin1Slice()}\r\n`).join('') + end;
}

describe('requests', () => {
  it('are read as they were written, and written as they were read', () => {
    fc.assert(
      fc.property(requestHead, cutting, (head, shares) => {
        const text = requestHeadText(head, 'none');
        const read = readOne(Buffer.from(text, 'latin1'), shares).head;
        expect(plain(read)).toEqual(plain(head));
        expect(requestHeadText(read as RequestHead, 'none')).toBe(text);
      }),
      options,
    );
  });

  it('keep a body of a length', () => {
    fc.assert(
      fc.property(
        octets.filter((bytes) => bytes.length > 0),
        cutting,
        (body, shares) => {
          const head = new RequestHead('POST', 'http', 'a', '/', []);
          head.contentLength = body.length;
          const message = readOne(Buffer.concat([Buffer.from(requestHeadText(head, 'length')), body]), shares);
          expect(message.body).toBe(body.latin1Slice());
        },
      ),
      options,
    );
  });

  it('keep a body in chunks with its trailers', () => {
    const trailers = fc.array(
      fc.tuple(fc.constantFrom('x-one', 'grpc-status'), value).map(([name, text]) => new Field(internName(name), text)),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(chunksOf, trailers, cutting, (chunks, lines, shares) => {
        const head = new RequestHead('POST', 'http', 'a', '/', []);
        const end = lines.length === 0 ? lastChunk : trailerText(lines);
        const text = requestHeadText(head, 'chunked') + chunkedText(chunks, end);
        const message = readOne(Buffer.from(text, 'latin1'), shares);
        expect(message.body).toBe(Buffer.concat(chunks).latin1Slice());
        expect(message.trailers.map(plain)).toEqual(lines.map(plain));
      }),
      options,
    );
  });

  it('are judged alike however they are cut', () => {
    fc.assert(
      fc.property(rawRequests, cutting, (raw, shares) => {
        const bytes = Buffer.from(raw, 'latin1');
        expect(describeReading(readRequests(cut(bytes, shares)))).toBe(describeReading(readRequests([bytes])));
      }),
      options,
    );
  });

  it('that were accepted are forwarded in a form that is accepted', () => {
    fc.assert(
      fc.property(rawRequests, (raw) => {
        for (const message of readRequests([Buffer.from(raw, 'latin1')], roomy).messages) {
          const head = message.head as RequestHead;
          if (head.authority === '') continue;
          const framing = head.contentLength > 0 ? 'length' : 'none';
          const text = requestHeadText(head, framing) + 'x'.repeat(Math.max(head.contentLength, 0));
          expect(plain(readOne(Buffer.from(text, 'latin1'), []).head)).toEqual(
            plain(framing === 'none' ? withoutBody(head) : head),
          );
        }
      }),
      options,
    );
  });
});

describe('responses', () => {
  it('are read as they were written', () => {
    const status = fc.constantFrom(200, 204, 299, 301, 304, 404, 503);
    fc.assert(
      fc.property(
        status,
        fields,
        chunksOf,
        fc.constantFrom('length', 'chunked', 'close'),
        cutting,
        (code, lines, chunks, framing, shares) => {
          const head = new ResponseHead(code, lines);
          const body = Buffer.concat(chunks).latin1Slice();
          const bodiless = code === 204 || code === 304;
          if (framing === 'length') head.contentLength = body.length;
          const text = responseHeadText(head, {
            framing: framing === 'chunked' ? 'chunked' : 'none',
            connection: framing === 'close' ? 'close' : '',
          });
          const sent = framing === 'chunked' ? chunkedText(chunks, lastChunk) : body;
          const reading = readResponses(
            cut(Buffer.from(text + (bodiless ? '' : sent), 'latin1'), shares),
            ['GET'],
            true,
          );
          const [message] = reading.messages;
          expect(reading.error).toBe('');
          expect(message!.complete).toBe(true);
          expect(plain(message!.head)).toEqual(plain(head));
          expect(message!.body).toBe(bodiless ? '' : body);
        },
      ),
      options,
    );
  });

  it('that switch protocols name the protocol', () => {
    const head = new ResponseHead(101, [new Field(internName('sec-websocket-accept'), 'x')]);
    head.upgrade = 'websocket';
    const text = responseHeadText(head, { framing: 'none', connection: '' });
    expect(text).toBe(
      'HTTP/1.1 101 Switching Protocols\r\nsec-websocket-accept: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    );
    const reading = readResponses([Buffer.from(text)], ['GET'], false);
    expect(plain(reading.messages[0]!.head)).toEqual(plain(head));
  });

  it('are judged alike however they are cut', () => {
    fc.assert(
      fc.property(
        rawResponses,
        fc.constantFrom('GET', 'HEAD'),
        fc.boolean(),
        cutting,
        (raw, method, closed, shares) => {
          const bytes = Buffer.from(raw, 'latin1');
          const whole = describeReading(readResponses([bytes], [method], closed));
          expect(describeReading(readResponses(cut(bytes, shares), [method], closed))).toBe(whole);
        },
      ),
      options,
    );
  });
});

/** As plain data: interned objects carry caches of their own. */
function plain(part: RequestHead | ResponseHead | Field): unknown {
  if (part instanceof Field) return [part.name.name, part.value];
  return { ...part, fields: part.fields.map(plain) };
}

/** The same request without its body: nothing is left to expect. */
function withoutBody(head: RequestHead): RequestHead {
  const copy = new RequestHead(head.method, head.scheme, head.authority, head.path, head.fields);
  Object.assign(copy, head, { expectContinue: false });
  copy.fields = head.fields.filter((field) => !head.expectContinue || field.name.name !== 'expect');
  return copy;
}
