import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export const FrameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const Flag = { ack: 1, endStream: 1, endHeaders: 4 } as const;

export const Setting = {
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  enableConnect: 8,
} as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** What a test makes of each frame that the gateway sends. */
export type OnFrame = (frame: Frame, connection: FrameConnection) => void;

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** An HTTP/2 endpoint of raw frames: does by itself only what its test says. */
export class FrameBackend {
  readonly connections: FrameConnection[] = [];
  readonly #server: Server;

  private constructor(onFrame: OnFrame, onOpen: (connection: FrameConnection) => void) {
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      const connection = new FrameConnection(socket, this.connections.length, onFrame);
      this.connections.push(connection);
      onOpen(connection);
    });
  }

  /** `onOpen`: default is an empty SETTINGS frame. */
  static async start(
    onFrame: OnFrame,
    onOpen: (connection: FrameConnection) => void = (connection) => connection.settings([]),
  ): Promise<FrameBackend> {
    const backend = new FrameBackend(onFrame, onOpen);
    await new Promise<void>((resolve) => backend.#server.listen(0, '127.0.0.1', resolve));
    return backend;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** HEADERS frames of all connections. */
  get requests(): number {
    return this.connections.reduce((sum, connection) => sum + connection.count(FrameType.headers), 0);
  }

  stopAccepting(): void {
    this.#server.close();
  }

  stop(): void {
    for (const connection of this.connections) connection.socket.destroy();
    this.#server.close();
  }
}

export class FrameConnection {
  readonly socket: Socket;
  /** 0-based, in order of arrival. */
  readonly index: number;
  readonly frames: Frame[] = [];
  ended: boolean = false;
  #received: Buffer = Buffer.alloc(0);
  #greeted: boolean = false;

  constructor(socket: Socket, index: number, onFrame: OnFrame) {
    this.socket = socket;
    this.index = index;
    socket.on('error', () => {});
    socket.on('end', () => {
      this.ended = true;
      socket.end();
    });
    socket.on('close', () => {
      this.ended = true;
    });
    socket.on('data', (bytes: Buffer) => this.#read(bytes, onFrame));
  }

  count(type: number): number {
    return this.frames.filter((frame) => frame.type === type).length;
  }

  /** Ids of the streams that the gateway has opened, in order. */
  get streams(): number[] {
    return this.frames.filter(({ type }) => type === FrameType.headers).map(({ stream }) => stream);
  }

  frame(type: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array(0)): void {
    this.socket.write(frameBytes(type, flags, stream, payload));
  }

  settings(values: readonly (readonly [id: number, value: number])[]): void {
    const payload = Buffer.alloc(values.length * 6);
    values.forEach(([id, value], i) => {
      payload.writeUInt16BE(id, i * 6);
      payload.writeUInt32BE(value, i * 6 + 2);
    });
    this.frame(FrameType.settings, 0, 0, payload);
  }

  /** Acknowledges what must be: SETTINGS and PING. */
  acknowledge({ type, flags, payload }: Frame): void {
    if ((flags & Flag.ack) !== 0) return;
    if (type === FrameType.settings) this.frame(FrameType.settings, Flag.ack, 0);
    if (type === FrameType.ping) this.frame(FrameType.ping, Flag.ack, 0, payload);
  }

  headers(stream: number, fields: readonly (readonly [string, string])[], end: boolean): void {
    this.frame(FrameType.headers, Flag.endHeaders | (end ? Flag.endStream : 0), stream, fieldBlock(fields));
  }

  data(stream: number, bytes: Uint8Array | string, end: boolean): void {
    this.frame(FrameType.data, end ? Flag.endStream : 0, stream, Buffer.from(bytes as string));
  }

  /** 200 with a body that says which connection and stream it was. */
  answer(stream: number): void {
    this.headers(stream, [[':status', '200']], false);
    this.data(stream, `c${this.index}s${stream}`, true);
  }

  reset(stream: number, code: number): void {
    this.frame(FrameType.rstStream, 0, stream, uint32(code));
  }

  goaway(lastStream: number, code: number): void {
    this.frame(FrameType.goaway, 0, 0, Buffer.concat([uint32(lastStream), uint32(code)]));
  }

  windowUpdate(stream: number, by: number): void {
    this.frame(FrameType.windowUpdate, 0, stream, uint32(by));
  }

  #read(bytes: Buffer, onFrame: OnFrame): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    if (!this.#greeted) {
      if (this.#received.length < preface.length) return;
      if (this.#received.latin1Slice(0, preface.length) !== preface) throw new Error('no preface');
      this.#received = this.#received.subarray(preface.length);
      this.#greeted = true;
    }
    while (this.#received.length >= 9) {
      const end = 9 + this.#received.readUIntBE(0, 3);
      if (this.#received.length < end) return;
      const frame: Frame = {
        type: this.#received[3]!,
        flags: this.#received[4]!,
        stream: this.#received.readUInt32BE(5) & 0x7fffffff,
        payload: this.#received.subarray(9, end),
      };
      this.#received = this.#received.subarray(end);
      this.frames.push(frame);
      onFrame(frame, this);
    }
  }
}

export function frameBytes(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Literal fields without indexing and without Huffman (RFC 7541 §6.2.2). */
export function fieldBlock(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([hpackInteger(bytes.length), bytes]);
}

/** RFC 7541 §5.1 with a prefix of seven bits. */
function hpackInteger(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
