/** Whatever a peer sends, and however it comes: nothing throws, and the pieces make no difference. */
import { ResponseHead } from '@fairlead/message';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClientFixture } from './client-fixture.ts';
import { rawBlock } from './raw-block.ts';
import { Flag, frame, headers, preface, requestBlock, settingsFrame, uint32 } from './raw-frames.ts';
import { ServerFixture } from './server-fixture.ts';

const runs = Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 600);
const options = { numRuns: runs, seed: Number(process.env.FAIRLEAD_FUZZ_SEED ?? 11) };

const id = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(1, 3, 5, 7) }, fc.constantFrom(0, 2, 9, 2 ** 31 - 1));
const flags = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(0, 1, 4, 5) }, fc.nat(255));
const payload = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const word = fc.oneof(fc.constantFrom(0, 1, 100, 65_535, 2 ** 31 - 1, 2 ** 32 - 1), fc.nat(2 ** 31 - 1));

const requestHead = fc.constantFrom(
  requestBlock(),
  requestBlock('POST', '/', [['content-length', '3']]),
  requestBlock('POST', '/', [['te', 'trailers']]),
  requestBlock('HEAD'),
  requestBlock('FOO'),
  rawBlock([
    [':method', 'CONNECT'],
    [':protocol', 'websocket'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'a'],
  ]),
  rawBlock([['x-trailer', '1']]),
  rawBlock([[':status', '200']]),
  rawBlock([
    [':status', '200'],
    ['content-length', '3'],
  ]),
  rawBlock([[':status', '103']]),
  rawBlock([[':status', '304']]),
);

const anyFrame = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(id, fc.constantFrom(0, 1), requestHead).map(([on, end, head]) => headers(on, end, head)),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom(0, 1, 8, 9), id, payload)
      .map(([own, on, body]) => frame('DATA', own, on, body)),
  },
  { weight: 2, arbitrary: fc.tuple(id, word).map(([on, size]) => frame('WINDOW_UPDATE', 0, on, uint32(size))) },
  { weight: 2, arbitrary: fc.tuple(id, fc.nat(14)).map(([on, code]) => frame('RST_STREAM', 0, on, uint32(code))) },
  { weight: 2, arbitrary: fc.tuple(fc.nat(9), word).map((pair) => settingsFrame(pair)) },
  { weight: 1, arbitrary: fc.tuple(word, fc.nat(14)).map(([last, code]) => frame('GOAWAY', 0, 0, uint32(last, code))) },
  { weight: 1, arbitrary: fc.constant(frame('PING', 0, 0, '12345678')) },
  { weight: 1, arbitrary: fc.tuple(flags, id, requestHead).map(([own, on, head]) => frame('HEADERS', own, on, head)) },
  { weight: 1, arbitrary: fc.tuple(flags, id, payload).map(([own, on, part]) => frame('CONTINUATION', own, on, part)) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.nat(12), flags, id, payload).map(([type, own, on, body]) => frame(type, own, on, body)),
  },
);

/** An octet at a share of the whole becomes another. */
const edits = fc.oneof(
  { weight: 2, arbitrary: fc.constant([]) },
  fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), fc.nat(255)), { maxLength: 3 }),
);

const script = fc.record({ frames: fc.array(anyFrame, { maxLength: 25 }), edits }).map(({ frames, edits: changes }) => {
  const bytes = Buffer.concat([settingsFrame(), ...frames]);
  for (const [share, value] of changes) bytes[Math.floor(share * bytes.length)] = value;
  return bytes;
});

const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 30 });

function* pieces(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

/** What a server says and hears. It answers what it can, as soon as it can. */
function serve(parts: Iterable<Buffer>): string {
  const fixture = new ServerFixture({ maxControlFrames: 20, maxEarlyResets: 8, maxConcurrentStreams: 3 }, false);
  fixture.respond = ({ stream, head }) => {
    if (head.upgrade !== '') stream.sendHead(new ResponseHead(101, []), false);
    else if (head.method === 'HEAD') stream.sendHead(new ResponseHead(200, []), true);
    else if (head.contentLength >= 0) return;
    else {
      stream.sendHead(new ResponseHead(200, []), false);
      stream.sendData(Buffer.alloc(100), 0, 100, head.trailersAccepted);
    }
  };
  const sent: string[] = [];
  for (const part of parts) {
    fixture.session.receive(part, 0, part.length, 1);
    // A tunnel opens at the turn's end, which would come sooner in smaller parts.
    if (fixture.requests.some(({ head }) => head.upgrade !== '')) sent.push(...fixture.sent());
  }
  sent.push(...fixture.sent());
  fixture.session.closed();
  sent.push(...fixture.sent());
  expect(fixture.session.openStreams).toBe(0);
  expect(fixture.session.outbound.queuedBytes).toBe(0);
  const heard = fixture.requests.map(({ head, body, complete, aborted, trailers }) =>
    [head.method, head.path, body.latin1Slice(), complete, aborted, trailers?.length].join(' '),
  );
  return [...heard, ...fixture.refused, fixture.error, ...sent.filter((line) => !line.startsWith('DATA'))].join('\n');
}

function ask(parts: Iterable<Buffer>): string {
  const fixture = new ClientFixture({ maxControlFrames: 20, maxEarlyResets: 8 }, false);
  const exchanges = [fixture.open(), fixture.open('HEAD'), fixture.open('POST', false)];
  exchanges.push(
    fixture.open('GET', true, (head) => {
      head.upgrade = 'websocket';
    }),
  );
  exchanges[2]!.stream!.sendData(Buffer.alloc(100), 0, 100, false);
  fixture.sent();
  for (const part of parts) fixture.session.receive(part, 0, part.length, 1);
  const sent = fixture.sent();
  fixture.session.closed();
  expect(fixture.session.openStreams).toBe(0);
  for (const { complete, failure, head } of exchanges) {
    if (head?.status !== 101) expect(complete !== (failure !== null)).toBe(true);
  }
  const heard = exchanges.map(({ head, body, complete, failure, trailers }) =>
    [head?.status, body.latin1Slice(), complete, failure?.code, failure?.unprocessed, trailers?.length].join(' '),
  );
  return [...heard, fixture.error, ...sent].join('\n');
}

describe('arbitrary frames', () => {
  it('do not break a server, in whatever pieces', () => {
    fc.assert(
      fc.property(script, cuts, (bytes, sizes) => {
        const all = Buffer.concat([preface, bytes]);
        const tunnels = all.includes('websocket');
        const whole = serve([all]);
        const parted = serve(pieces(all, sizes));
        if (!tunnels) expect(parted).toBe(whole);
      }),
      options,
    );
  });

  it('do not break a client, in whatever pieces', () => {
    fc.assert(
      fc.property(script, cuts, (bytes, sizes) => {
        expect(ask(pieces(bytes, sizes))).toBe(ask([bytes]));
      }),
      options,
    );
  });
});

describe('arbitrary octets', () => {
  const octets = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

  it('do not break either', () => {
    fc.assert(
      fc.property(octets, (bytes) => {
        serve([preface, settingsFrame(), bytes]);
        serve([bytes]);
        ask([bytes]);
      }),
      options,
    );
  });

  it('change nothing but the body when they are one', () => {
    const fixture = new ServerFixture();
    fixture.send(headers(1, 0));
    fixture.send(frame('DATA', Flag.endStream, 1, Buffer.alloc(5_000, 0)));
    expect(fixture.last.body.length).toBe(5_000);
    expect(fixture.last.complete).toBe(true);
  });
});
