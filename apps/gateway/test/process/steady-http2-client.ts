import { type ClientHttp2Session, connect, constants, type OutgoingHttpHeaders } from 'node:http2';

/**
 * As `SteadyClient`, over HTTP/2: several requests at a time, and another connection after GOAWAY.
 *
 * Node keeps a request until the end of the turn. When GOAWAY is read in the same turn it is refused without having been sent, and the client
 * sends it anew, as all clients of HTTP/2 do (RFC 9113 §8.7).
 */
export class SteadyHttp2Client {
  answered: number = 0;
  /** Requests without a whole answer, by why. */
  readonly lost: string[] = [];
  /** Connections opened. */
  connections: number = 0;
  readonly #port: number;
  readonly #headers: OutgoingHttpHeaders;
  #session: ClientHttp2Session | null = null;
  #waiting: number = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(port: number, headers: OutgoingHttpHeaders) {
    this.#port = port;
    this.#headers = headers;
    this.#open();
  }

  /** The connection was closed, or is to be. */
  get closed(): boolean {
    return this.#session === null;
  }

  /** From now on at this pace, with at most four requests at a time. */
  start(requestsPerSecond: number): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = setInterval(() => this.send(), 1_000 / requestsPerSecond);
  }

  send(): void {
    if (this.#waiting >= 4) return;
    const session = this.#session ?? this.#open();
    this.#waiting++;
    const stream = session.request(this.#headers);
    let status = 0;
    let text = '';
    stream.on('response', (headers) => {
      status = headers[':status'] ?? 0;
    });
    stream.setEncoding('latin1').on('data', (part: string) => {
      text += part;
    });
    stream.on('error', () => {});
    stream.on('close', () => {
      this.#waiting--;
      if (status === 0 && stream.rstCode === constants.NGHTTP2_REFUSED_STREAM && session.closed) this.send();
      else if (status === 200 && text === 'ok') this.answered++;
      else if (this.#timer !== null) this.lost.push(`${status} ${stream.rstCode}`);
    });
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#session?.destroy();
  }

  #open(): ClientHttp2Session {
    this.connections++;
    const session = connect(`http://127.0.0.1:${this.#port}`);
    const leave = (): void => {
      if (this.#session === session) this.#session = null;
    };
    session.on('error', leave).on('close', leave);
    // Node ends the session by itself once its streams are done.
    session.on('goaway', leave);
    this.#session = session;
    return session;
  }
}
