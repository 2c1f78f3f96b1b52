import { errorName, RawHttp2Connection } from '../raw-http2/raw-http2-connection.ts';
import type { Attack, AttackOutcome, AttackTarget } from './attack.ts';

export interface FloodOptions {
  readonly name: string;
  /** The server must have closed when it got this many units, give or take what was on the way. */
  readonly limit: number;
  /** Settings of the client. */
  readonly settings?: readonly (readonly [id: number, value: number])[];
  /** Sent before the flood. */
  readonly prepare?: (connection: RawHttp2Connection) => void;
  readonly unit: (connection: RawHttp2Connection) => Buffer;
}

/** Sent between two looks at whether the server closed. */
const batch = 50;
/** GOAWAY and close may be apart this long. */
const lingerMs = 3_000;

/** Sends the same over and over. Passed when the connection is closed within the limit plus two batches. */
export function flood(options: FloodOptions): Attack {
  return { name: options.name, run: (target) => run(options, target) };
}

async function run({ limit, settings, prepare, unit }: FloodOptions, target: AttackTarget): Promise<AttackOutcome> {
  const connection = await RawHttp2Connection.open({ port: target.port, ...(settings ? { settings } : {}) });
  try {
    prepare?.(connection);
    const allowed = limit + 2 * batch;
    let sent = 0;
    while (sent < allowed && connection.goawayCode === null) {
      connection.write(...Array.from({ length: batch }, () => unit(connection)));
      sent += batch;
      if (!(await connection.roundTrip())) break;
    }
    // What ends only now is an idle timeout.
    const noticed = connection.isClosed || connection.goawayCode !== null;
    const passed = noticed && (await connection.untilClosed(lingerMs));
    const answer = errorName(connection.goawayCode);
    return { passed, detail: `${passed ? 'closed' : 'still open'} after ${sent}, ${answer}` };
  } finally {
    connection.destroy();
  }
}
