import { ErrorCode } from '../../src/index.ts';
import { type RawField, rawBlock } from './raw-block.ts';

export interface RawFrame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

export const preface: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export const Flag = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

const types = 'DATA HEADERS PRIORITY RST_STREAM SETTINGS PUSH_PROMISE PING GOAWAY WINDOW_UPDATE CONTINUATION'.split(
  ' ',
);

export function frame(type: string | number, flags: number, id: number, payload: Buffer | string = ''): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload;
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = typeof type === 'number' ? type : types.indexOf(type);
  head[4] = flags;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, body]);
}

export function uint32(...values: number[]): Buffer {
  const out = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) out.writeUInt32BE(value, i * 4);
  return out;
}

/** `pairs`: id and value. */
export function settingsFrame(...pairs: readonly (readonly [number, number])[]): Buffer {
  const payload = pairs.map(([id, value]) => Buffer.concat([Buffer.of(id >> 8, id & 255), uint32(value)]));
  return frame('SETTINGS', 0, 0, Buffer.concat(payload));
}

export function requestBlock(method: string = 'GET', path: string = '/', more: readonly RawField[] = []): Buffer {
  const pseudo = [
    [':method', method],
    [':scheme', 'http'],
    [':authority', 'a.example'],
    [':path', path],
  ] as const;
  return rawBlock([...pseudo, ...more]);
}

export function headers(id: number, flags: number, payload: Buffer = requestBlock()): Buffer {
  return frame('HEADERS', flags | Flag.endHeaders, id, payload);
}

/** What is whole of `bytes`. */
export function parseFrames(bytes: Buffer): RawFrame[] {
  const frames: RawFrame[] = [];
  for (let at = 0; at + 9 <= bytes.length; ) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    if (end > bytes.length) throw new Error('A frame is cut off.');
    const payload = bytes.subarray(at + 9, end);
    frames.push({ type: bytes[at + 3]!, flags: bytes[at + 4]!, id: bytes.readUInt32BE(at + 5), payload });
    at = end;
  }
  return frames;
}

const codes = new Map<number, string>(Object.entries(ErrorCode).map(([name, code]) => [code, name]));

/** As the tables of cases say it. */
export function describeFrame({ type, flags, id, payload }: RawFrame): string {
  const name = types[type] ?? `TYPE${type}`;
  const end = (type === 0 || type === 1) && (flags & Flag.endStream) !== 0 ? ' end' : '';
  if (name === 'DATA') return `DATA ${id} ${payload.length}${end}`;
  if (name === 'RST_STREAM') return `RST_STREAM ${id} ${codes.get(payload.readUInt32BE(0))}`;
  if (name === 'GOAWAY') return `GOAWAY ${payload.readUInt32BE(0)} ${codes.get(payload.readUInt32BE(4))}`;
  if (name === 'WINDOW_UPDATE') return `WINDOW_UPDATE ${id} ${payload.readUInt32BE(0)}`;
  if (name === 'SETTINGS' || name === 'PING') return (flags & Flag.ack) !== 0 ? `${name} ack` : name;
  return `${name} ${id}${end}`;
}
