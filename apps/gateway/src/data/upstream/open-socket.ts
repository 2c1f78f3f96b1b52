import { connect, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ReadSize } from './read-buffers.ts';
import type { UpstreamTls } from './upstream-tls.ts';

/** Where an upstream connection goes. */
export interface UpstreamTarget {
  /** IP address. */
  readonly address: string;
  readonly port: number;
  /** Null for plain TCP. */
  readonly tls: UpstreamTls | null;
  /** Of an earlier connection to the same endpoint, verified then. */
  readonly session: Buffer | null;
}

/**
 * Opens a socket that reads into the worker's shared buffers: 2 µs per request cheaper than 'data' events. `onData` returns false to pause.
 * Half-open: what the peer's FIN means is the codec's business.
 */
export function openSocket(
  target: UpstreamTarget,
  reads: ReadSize,
  onData: (size: number, buffer: Buffer) => boolean,
): Socket {
  const onread: OnReadOpts = {
    buffer: () => reads.next(),
    callback: (size, buffer) => onData(size, buffer as Buffer),
  };
  const options = { host: target.address, port: target.port, noDelay: true, allowHalfOpen: true, onread };
  if (target.tls === null) return connect(options);
  return connectTls({
    ...options,
    ...target.tls.options(),
    ...(target.session !== null && { session: target.session }),
  });
}
