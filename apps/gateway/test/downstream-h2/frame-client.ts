import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { until } from '../downstream/raw-client.ts';

export const FrameType = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const Flag = { ack: 1, endStream: 1, endHeaders: 4 } as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export const preface: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A SETTINGS frame: id, value, id, value … */
export function settings(...pairs: readonly number[]): Buffer {
  const payload = Buffer.alloc(pairs.length * 3);
  for (let i = 0; i < pairs.length; i += 2) {
    payload.writeUInt16BE(pairs[i]!, i * 3);
    payload.writeUInt32BE(pairs[i + 1]!, i * 3 + 2);
  }
  return frame(FrameType.settings, 0, 0, payload);
}

/** Every field as a literal with its name, nothing indexed (RFC 7541 §6.2.2). */
export function fieldBlock(fields: Readonly<Record<string, string>>): Buffer {
  const parts = Object.entries(fields).flatMap(([name, value]) => [Buffer.of(0), text(name), text(value)]);
  return Buffer.concat(parts);
}

function text(value: string): Buffer {
  const octets = Buffer.from(value, 'latin1');
  if (octets.length > 126) throw new Error('too long for this');
  return Buffer.concat([Buffer.of(octets.length), octets]);
}

export function request(
  stream: number,
  fields: Readonly<Record<string, string>> = {},
  flags: number = Flag.endHeaders | Flag.endStream,
): Buffer {
  const head = { ':method': 'GET', ':scheme': 'http', ':authority': 'a', ':path': '/', ...fields };
  return frame(FrameType.headers, flags, stream, fieldBlock(head));
}

/** A client of HTTP/2 that sends what it is told and keeps the frames that come. Answers nothing by itself. */
export class FrameClient {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  ended: boolean = false;
  closed: boolean = false;
  error: string = '';
  #rest: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('end', () => {
      this.ended = true;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message;
    });
    socket.on('close', () => {
      this.closed = true;
    });
  }

  static async open(port: number): Promise<FrameClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    await once(socket, 'connect');
    return new FrameClient(socket);
  }

  /** Opened, with preface and SETTINGS sent and acknowledged. */
  static async begin(port: number, ...pairs: readonly number[]): Promise<FrameClient> {
    const client = await FrameClient.open(port);
    client.send(preface, settings(...pairs));
    await client.receives(FrameType.settings, 2);
    client.send(frame(FrameType.settings, Flag.ack, 0));
    return client;
  }

  send(...parts: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(parts));
  }

  of(type: number, stream?: number): Frame[] {
    return this.frames.filter((one) => one.type === type && (stream === undefined || one.stream === stream));
  }

  /** Octets of all DATA of a stream. */
  body(stream: number): string {
    return Buffer.concat(this.of(FrameType.data, stream).map(({ payload }) => payload)).latin1Slice();
  }

  /** That many frames of the type, since the beginning. The last of them. */
  async receives(type: number, count: number = 1, stream?: number): Promise<Frame> {
    await until(
      () => this.of(type, stream).length >= count,
      () => `${count} frames of type ${type}; ended ${this.ended} ${this.error}, got ${JSON.stringify(this.frames)}`,
    );
    return this.of(type, stream)[count - 1]!;
  }

  async endsCleanly(): Promise<void> {
    await until(
      () => this.ended,
      () => `FIN; error ${this.error}`,
    );
  }

  close(): void {
    this.socket.destroy();
  }

  #receive(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= 9) {
      const end = 9 + this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < end) return;
      const payload = Buffer.from(this.#rest.subarray(9, end));
      this.frames.push({ type: this.#rest[3]!, flags: this.#rest[4]!, stream: this.#rest.readUInt32BE(5), payload });
      this.#rest = this.#rest.subarray(end);
    }
  }
}

/** Last stream and error code of a GOAWAY. */
export function goawayOf({ payload }: Frame): readonly [lastStream: number, code: number] {
  return [payload.readUInt32BE(0), payload.readUInt32BE(4)];
}
