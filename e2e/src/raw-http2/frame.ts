/** Frames as octets, good or bad: nothing is checked. RFC 9113 §4.1, §6. */
export const frameType = {
  data: 0x0,
  headers: 0x1,
  priority: 0x2,
  rstStream: 0x3,
  settings: 0x4,
  pushPromise: 0x5,
  ping: 0x6,
  goaway: 0x7,
  windowUpdate: 0x8,
  continuation: 0x9,
} as const;

export const flag = { ack: 0x1, endStream: 0x1, endHeaders: 0x4 } as const;

export const settingId = { headerTableSize: 0x1, initialWindowSize: 0x4 } as const;

export const errorCode = { noError: 0x0, protocolError: 0x1, cancel: 0x8, enhanceYourCalm: 0xb } as const;

export const preface: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export function frame(type: number, flags: number, streamId: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(settings.length * 6);
  for (const [i, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, i * 6);
    payload.writeUInt32BE(value, i * 6 + 2);
  }
  return frame(frameType.settings, 0, 0, payload);
}

export function pingFrame(flags: number, opaque: Buffer): Buffer {
  return frame(frameType.ping, flags, 0, opaque);
}

export function rstStreamFrame(streamId: number, code: number): Buffer {
  return frame(frameType.rstStream, 0, streamId, uint32(code));
}

export function windowUpdateFrame(streamId: number, increment: number): Buffer {
  return frame(frameType.windowUpdate, 0, streamId, uint32(increment));
}

/** Weight 16, not exclusive. */
export function priorityFrame(streamId: number, dependsOn: number): Buffer {
  return frame(frameType.priority, 0, streamId, Buffer.concat([uint32(dependsOn), Buffer.from([15])]));
}

/** One frame with the whole field block. */
export function headersFrame(streamId: number, block: Buffer, endStream: boolean): Buffer {
  return frame(frameType.headers, flag.endHeaders | (endStream ? flag.endStream : 0), streamId, block);
}

export function dataFrame(streamId: number, content: string, endStream: boolean): Buffer {
  return frame(frameType.data, endStream ? flag.endStream : 0, streamId, Buffer.from(content, 'latin1'));
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
