import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** A request as a strict reader sees it in the octets that came. */
export interface RecordedRequest {
  /** Which of the backend's connections it came on, 0-based. */
  readonly connection: number;
  readonly method: string;
  readonly target: string;
  /** Lines as they came, without CRLF; the request line is not among them. */
  readonly fields: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
}

/**
 * A server that keeps every octet it got and reads them by the letter of RFC 9112: whatever is not framed beyond doubt is a fault. Its answers
 * are octets too, as a test has them.
 */
export class RecordingBackend {
  readonly requests: RecordedRequest[] = [];
  /** The connection of every head, also of requests that never end. */
  readonly heads: number[] = [];
  /** What no proxy may send. */
  readonly faults: string[] = [];
  /** All octets by connection, latin1. */
  readonly received: string[] = [];
  /** What came on connections after a 101. */
  tunnelled: string = '';
  /** By path: sent as soon as the head is there, whatever follows. */
  readonly early: Map<string, string> = new Map();
  /** By path: sent after the request. Others are told which path they asked for. */
  readonly answers: Map<string, string> = new Map();
  /** By path: sent a moment after the answer. */
  readonly late: Map<string, string> = new Map();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  static async start(): Promise<RecordingBackend> {
    const backend = new RecordingBackend();
    await new Promise<void>((resolve) => backend.#server.listen(0, '127.0.0.1', resolve));
    return backend;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** `POST /x hello` for each request since the `from`th. */
  summary(from: number): readonly string[] {
    return this.requests.slice(from).map(({ method, target, body }) => `${method} ${target} ${body}`.trimEnd());
  }

  /** Closes every connection, as if it had been idle for long. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  stop(): void {
    this.hangUp();
    this.#server.close();
  }

  #accept(socket: Socket): void {
    const connection = this.received.push('') - 1;
    const reader = new Reader(connection, this.faults);
    let tunnel = false;
    const send = (text: string): void => {
      if (text.startsWith('HTTP/1.1 101 ')) tunnel = true;
      socket.write(text, 'latin1');
    };
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (bytes: Buffer) => {
      const text = bytes.latin1Slice();
      this.received[connection] += text;
      if (tunnel) {
        this.tunnelled += text;
        return;
      }
      reader.add(text);
      this.#answerAll(reader, connection, send);
    });
  }

  #answerAll(reader: Reader, connection: number, send: (text: string) => void): void {
    for (;;) {
      const target = reader.newHead();
      if (target !== null) {
        this.heads.push(connection);
        send(this.early.get(pathOf(target)) ?? '');
      }
      const request = reader.next();
      if (request === null) return;
      this.requests.push(request);
      const path = pathOf(request.target);
      if (!this.early.has(path)) send(this.answers.get(path) ?? answerFor(request));
      const late = this.late.get(path);
      if (late !== undefined) setTimeout(send, lateMs, late);
    }
  }
}

const lateMs = 2;

export const answerFor: (request: Pick<RecordedRequest, 'method' | 'target'>) => string = ({ method, target }) => {
  const body = `this is ${target}`;
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nX-Target: ${target}\r\n\r\n`;
  return method === 'HEAD' ? head : head + body;
};

function pathOf(target: string): string {
  return target.split('?', 1)[0]!;
}

const fieldLine = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+: [\t\x20-\x7e\x80-\xff]*$/;
const requestLine = /^([A-Z]+) (\S+) HTTP\/1\.1$/;

/** One connection's requests, one after the other. */
class Reader {
  readonly #connection: number;
  readonly #faults: string[];
  #text: string = '';
  #headAnnounced: boolean = false;
  #broken: boolean = false;

  constructor(connection: number, faults: string[]) {
    this.#connection = connection;
    this.#faults = faults;
  }

  add(text: string): void {
    this.#text += text;
  }

  /** The target of a request whose head has just become complete; null otherwise. */
  newHead(): string | null {
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0 || this.#headAnnounced || this.#broken) return null;
    this.#headAnnounced = true;
    return this.#text.split(' ', 2)[1] ?? '';
  }

  /** Null until one is complete. */
  next(): RecordedRequest | null {
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0 || this.#broken) return null;
    const [first = '', ...fields] = this.#text.slice(0, end).split('\r\n');
    const line = requestLine.exec(first);
    if (line === null) this.#fault(`request line ${JSON.stringify(first)}`);
    for (const field of fields) if (!fieldLine.test(field)) this.#fault(`field ${JSON.stringify(field)}`);
    const body = this.#broken ? null : this.#body(fields, this.#text.slice(end + 4));
    if (body === null) return null;
    this.#text = body.rest;
    this.#headAnnounced = false;
    const [, method = '', target = ''] = line!;
    return { connection: this.#connection, method, target, fields, body: body.body, trailers: body.trailers };
  }

  #body(fields: readonly string[], text: string): Body | null {
    const lengths = fields.filter((field) => /^content-length:/i.test(field));
    const codings = fields.filter((field) => /^transfer-encoding:/i.test(field));
    if (lengths.length + codings.length > 1) return this.#fault(`two framings: ${[...lengths, ...codings]}`);
    if (codings.length === 1) return this.#chunks(codings[0]!, text);
    if (lengths.length === 0) return { body: '', trailers: [], rest: text };
    const length = /^content-length: (\d+)$/i.exec(lengths[0]!)?.[1];
    if (length === undefined) return this.#fault(lengths[0]!);
    const size = Number(length);
    return text.length < size ? null : { body: text.slice(0, size), trailers: [], rest: text.slice(size) };
  }

  #chunks(coding: string, text: string): Body | null {
    if (!/^transfer-encoding: chunked$/i.test(coding)) return this.#fault(coding);
    let body = '';
    for (let at = 0; ; ) {
      const end = text.indexOf('\r\n', at);
      if (end < 0) return null;
      const line = text.slice(at, end);
      if (!/^[0-9a-f]{1,8}$/i.test(line)) return this.#fault(`chunk size ${JSON.stringify(line)}`);
      const size = Number.parseInt(line, 16);
      if (size === 0) return trailersOf(body, text, end);
      if (text.length < end + 4 + size) return null;
      body += text.slice(end + 2, end + 2 + size);
      at = end + 4 + size;
      if (text.slice(at - 2, at) !== '\r\n') return this.#fault('no CRLF behind a chunk');
    }
  }

  #fault(what: string): null {
    this.#broken = true;
    this.#faults.push(what);
    return null;
  }
}

interface Body {
  readonly body: string;
  readonly trailers: readonly string[];
  readonly rest: string;
}

/** `at`: of the CRLF behind the last chunk's size. */
function trailersOf(body: string, text: string, at: number): Body | null {
  if (text.startsWith('\r\n\r\n', at)) return { body, trailers: [], rest: text.slice(at + 4) };
  const end = text.indexOf('\r\n\r\n', at);
  return end < 0 ? null : { body, trailers: text.slice(at + 2, end).split('\r\n'), rest: text.slice(end + 4) };
}
