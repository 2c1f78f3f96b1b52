/**
 * What two HTTP/2 sessions, a client's and a server's, cost per exchange in nanoseconds of CPU, without sockets:
 * `node packages/wire/bench/http2.ts`. A gateway pays about as much: it is the server of one connection and the client of another. Compare
 * within a run.
 */
import {
  Field,
  internField,
  internName,
  RequestHead,
  type RequestReceiver,
  ResponseHead,
  type ResponseReceiver,
} from '@fairlead/message';
import {
  ClientSession,
  type ClientSink,
  type Http2ServerSettings,
  type Octets,
  ServerSession,
  type ServerSink,
  ServerStream,
  type SessionOutput,
} from '../src/index.ts';

const settings: Http2ServerSettings = {
  scheme: 'http',
  maxConcurrentStreams: 256,
  streamWindowBytes: 65_536,
  maxStreamWindowBytes: 262_144,
  connectionWindowBytes: 1_048_576,
  maxFieldSectionBytes: 65_536,
  maxFields: 128,
  maxEarlyResets: 200,
  maxControlFrames: 1_000,
  floodWindowMs: 10_000,
  maxTargetBytes: 8_192,
  allowUnderscores: false,
};
const exchanges = 100_000;
const rounds = 9;
const body = Buffer.alloc(1_024, 'x');

class Output implements SessionOutput {
  readonly #memory: Buffer = Buffer.allocUnsafeSlow(65_536);
  receiver: ClientSession | ServerSession | null = null;
  clock: number = 0;

  take(): Octets {
    return this.#memory;
  }

  send(bytes: Octets, size: number): void {
    this.receiver!.receive(bytes, 0, size, this.clock);
  }

  dirty(): void {}
}

function fields(pairs: Readonly<Record<string, string>>): Field[] {
  return Object.entries(pairs).map(([name, value]) => internField(internName(name), value));
}

const requestFields = fields({
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'accept-encoding': 'gzip, deflate, br, zstd',
  'accept-language': 'en-GB,en;q=0.7,de;q=0.3',
  'x-forwarded-for': '192.0.2.1',
  'x-forwarded-proto': 'http',
});
const requestId = internName('x-request-id');
const responseFields = fields({
  server: 'nginx/1.22.1',
  date: 'Wed, 25 Nov 2026 16:00:00 GMT',
  'content-type': 'application/octet-stream',
  'last-modified': 'Tue, 24 Nov 2026 10:00:00 GMT',
  etag: '"6561d2a0-400"',
});

class Answer implements RequestReceiver {
  readonly #stream: ServerStream;

  constructor(stream: ServerStream, end: boolean) {
    this.#stream = stream;
    if (end) this.#respond();
  }

  onRequestData(_bytes: Uint8Array, _start: number, _end: number, last: boolean): boolean {
    if (last) this.#respond();
    return true;
  }

  onRequestTrailers(): void {}
  onRequestAbort(): void {}
  onResponseDrained(): void {}

  #respond(): void {
    const head = new ResponseHead(200, responseFields);
    head.contentLength = body.length;
    this.#stream.sendHead(head, false);
    this.#stream.sendData(body, 0, body.length, true);
  }
}

let answered = 0;

class Ask implements ResponseReceiver {
  onResponseInfo(): void {}
  onResponseHead(): void {}

  onResponseData(_bytes: Uint8Array, _start: number, _end: number, last: boolean): boolean {
    if (last) answered++;
    return true;
  }

  onResponseTrailers(): void {}

  onUpstreamFailure(): void {
    throw new Error('A failure.');
  }

  onRequestDrained(): void {}
}

class Sinks implements ServerSink, ClientSink {
  createStream(session: ServerSession, id: number): ServerStream {
    return new ServerStream(session, id);
  }

  onRequest(_head: RequestHead, end: boolean, stream: ServerStream): RequestReceiver {
    return new Answer(stream, end);
  }

  onRequestRefused(): void {}
  onStreamsChanged(): void {}

  onSessionError(reason: string): void {
    throw new Error(reason);
  }

  onPeerGoaway(): void {}
  onPingAck(): void {}
  onReady(): void {}
  onCapacity(): void {}
  onGoaway(): void {}
  onIdle(): void {}
}

class Pair {
  readonly #up: Output = new Output();
  readonly #down: Output = new Output();
  readonly client: ClientSession = new ClientSession(settings, this.#up, new Sinks());
  readonly server: ServerSession = new ServerSession(settings, this.#down, new Sinks());

  constructor() {
    this.#up.receiver = this.server;
    this.#down.receiver = this.client;
    this.server.start();
    this.client.start();
    this.turn();
    this.turn();
  }

  turn(): void {
    this.#up.clock += 1;
    this.#down.clock += 1;
    this.client.flush();
    this.server.flush();
  }
}

/** `atOnce` exchanges in each turn. */
function measure(name: string, method: string, atOnce: number, hasBody: boolean): void {
  const pair = new Pair();
  const times: number[] = [];
  let id = 0;
  for (let round = 0; round < rounds; round++) {
    answered = 0;
    const before = process.cpuUsage();
    for (let i = 0; i < exchanges; i += atOnce) {
      for (let j = 0; j < atOnce; j++) {
        const head = new RequestHead(method, 'http', 'shop.example.com:8080', '/products/shoes?id=4711', [
          ...requestFields,
          new Field(requestId, `7a1e0000000000000000${id++}`),
        ]);
        if (hasBody) head.contentLength = body.length;
        const stream = pair.client.open(head, !hasBody, new Ask());
        if (hasBody) stream.sendData(body, 0, body.length, true);
      }
      pair.turn();
    }
    const { user, system } = process.cpuUsage(before);
    if (answered < exchanges) throw new Error(`${answered} answers.`);
    times.push(((user + system) * 1_000) / exchanges);
  }
  times.sort((a, b) => a - b);
  const [median, least] = [times[rounds >> 1]!, times[0]!].map((time) => time.toFixed(0).padStart(6));
  console.log(`${name.padEnd(40)} ${median} ns (least ${least})`);
}

measure('GET 1 KiB, 16 at once', 'GET', 16, false);
measure('GET 1 KiB, 100 at once', 'GET', 100, false);
measure('GET 1 KiB, one at a time', 'GET', 1, false);
measure('POST 1 KiB and back, 16 at once', 'POST', 16, true);
