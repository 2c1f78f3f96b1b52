import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { buildConnector, type Dispatcher, Pool } from 'undici';

/** What a new connection is secured with. */
export interface ConnectionTls extends Pick<SecureContextOptions, 'ca' | 'cert' | 'key'> {
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

const connectTimeoutMs = 10_000;
const idleMs = 30_000;

/**
 * Connections that outlive a request. A peer that does not answer ten probes, one a second after 10 s of silence, is given up by the kernel:
 * a cable pulled, a node gone, an address translation forgotten. HTTP/1.1, one connection per watch, and not HTTP/2: a watch that hangs is
 * then given up alone, with its connection, and the next try can't land on the same dead one.
 */
export const socketOptions: {
  readonly timeout: number;
  readonly keepAlive: true;
  readonly keepAliveInitialDelay: number;
} = {
  timeout: connectTimeoutMs,
  keepAlive: true,
  keepAliveInitialDelay: 10_000,
};

/** As many connections as there are requests at once. `tls` is asked for each new connection: certificates are replaced while we run. */
export function createPool(server: URL, tls: () => Promise<ConnectionTls>): Dispatcher {
  return new Pool(server.origin, {
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: idleMs,
    connect: (options, callback) => {
      tls().then(
        (now) => buildConnector({ ...now, ...socketOptions, allowH2: false })(options, callback),
        (error: Error) => (callback as (error: Error, socket: Socket | null) => void)(error, null),
      );
    },
  });
}
