import { firstWindowBytes } from './frame.ts';
import type { FrameWriter } from './frame-writer.ts';
import type { Http2SessionSettings } from './settings.ts';
import type { Stream } from './stream.ts';

/**
 * The windows that the peer sends DATA in. The connection's is opened again on receipt, so that a stream whose receiver is slow does not
 * keep the others waiting; a stream's when its receiver took the octets. What can be waiting for receivers is thus one window per stream.
 *
 * A stream begins with a small window, which doubles as often as half of it was taken.
 */
export class Inbound {
  readonly #settings: Http2SessionSettings;
  readonly #writer: FrameWriter;
  readonly #connectionSize: number;
  /** Until the peer has seen our SETTINGS it may fill the window that it presumes. */
  #leastStreamWindow: number = firstWindowBytes;
  /** What the peer may send on the whole connection. */
  connectionWindow: number = firstWindowBytes;

  constructor(settings: Http2SessionSettings, writer: FrameWriter) {
    this.#settings = settings;
    this.#writer = writer;
    this.#connectionSize = Math.max(settings.connectionWindowBytes, firstWindowBytes);
  }

  /** Opens the connection's window, behind our SETTINGS. */
  start(): void {
    this.#openConnection();
  }

  settingsAcked(): void {
    this.#leastStreamWindow = 0;
  }

  adopt(stream: Stream): void {
    stream.receiveSize = this.#settings.streamWindowBytes;
    stream.receiveWindow = Math.max(stream.receiveSize, this.#leastStreamWindow);
  }

  /** A DATA frame of `length` octets came. False: it is more than the connection's window has. */
  receive(length: number): boolean {
    this.connectionWindow -= length;
    if (this.connectionWindow < 0) return false;
    if (this.connectionWindow <= this.#connectionSize >>> 1) this.#openConnection();
    return true;
  }

  /** It is a stream's. False: it is more than the stream's window has. `padding` needs no receiver. */
  receiveFor(stream: Stream, length: number, padding: number): boolean {
    stream.receiveWindow -= length;
    if (stream.receiveWindow < 0) return false;
    if (padding > 0) this.take(stream, padding);
    return true;
  }

  /** The receiver took `size` octets; held back, it has only got them. */
  take(stream: Stream, size: number): void {
    stream.consumed += size;
    if (!stream.heldBack) this.#openStream(stream);
  }

  /** The receiver of a stream that was held back has room again. */
  resume(stream: Stream): void {
    stream.heldBack = false;
    this.#openStream(stream);
  }

  #openStream(stream: Stream): void {
    if (stream.consumed * 2 < stream.receiveSize || stream.remoteEnded || stream.closed) return;
    const size = Math.min(stream.receiveSize * 2, Math.max(this.#settings.maxStreamWindowBytes, stream.receiveSize));
    const credit = stream.consumed + size - stream.receiveSize;
    stream.receiveSize = size;
    stream.receiveWindow += credit;
    stream.consumed = 0;
    this.#writer.windowUpdate(stream.id, credit);
  }

  #openConnection(): void {
    const credit = this.#connectionSize - this.connectionWindow;
    if (credit === 0) return;
    this.connectionWindow = this.#connectionSize;
    this.#writer.windowUpdate(0, credit);
  }
}
