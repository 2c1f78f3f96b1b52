import { ErrorCode } from './error-code.ts';
import { firstWindowBytes, maxFrameBytes, maxInt31 } from './frame.ts';
import { readInt32 } from './frame-reader.ts';

/** RFC 9113 §6.5.2, RFC 8441 §3. */
export const SettingId = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
  enableConnectProtocol: 8,
} as const;

const largestFrameBytes = 16_777_215;

/** What the peer's SETTINGS say, and before they come, what holds without. */
export class PeerSettings {
  headerTableBytes: number = 4_096;
  maxConcurrentStreams: number = maxInt31;
  firstWindowBytes: number = firstWindowBytes;
  extendedConnect: boolean = false;

  /** The payload of a SETTINGS frame. Returns what it is refused with, or `noError`. `ofServer`: it came from one. */
  read(bytes: Uint8Array, start: number, end: number, ofServer: boolean): ErrorCode {
    for (let at = start; at < end; at += 6) {
      const fault = this.#apply((bytes[at]! << 8) | bytes[at + 1]!, readInt32(bytes, at + 2), ofServer);
      if (fault !== ErrorCode.noError) return fault;
    }
    return ErrorCode.noError;
  }

  #apply(id: number, value: number, ofServer: boolean): ErrorCode {
    if (id === SettingId.headerTableSize) this.headerTableBytes = value;
    else if (id === SettingId.maxConcurrentStreams) this.maxConcurrentStreams = value;
    else if (id === SettingId.initialWindowSize) return this.#applyWindow(value);
    else if (id === SettingId.enableConnectProtocol) return this.#applyExtendedConnect(value);
    else if (id === SettingId.enablePush)
      return value > (ofServer ? 0 : 1) ? ErrorCode.protocolError : ErrorCode.noError;
    else if (id === SettingId.maxFrameSize && (value < maxFrameBytes || value > largestFrameBytes))
      return ErrorCode.protocolError;
    return ErrorCode.noError;
  }

  #applyWindow(value: number): ErrorCode {
    if (value > maxInt31) return ErrorCode.flowControlError;
    this.firstWindowBytes = value;
    return ErrorCode.noError;
  }

  /** It can't be taken back. */
  #applyExtendedConnect(value: number): ErrorCode {
    if (value > 1 || (this.extendedConnect && value === 0)) return ErrorCode.protocolError;
    this.extendedConnect = value === 1;
    return ErrorCode.noError;
  }
}
