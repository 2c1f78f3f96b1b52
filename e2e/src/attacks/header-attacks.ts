import { indexedLiteral, literalBlock, repeatedIndex, requestFields } from '../raw-http2/field-block.ts';
import { frame, frameType, headersFrame } from '../raw-http2/frame.ts';
import { RawHttp2Connection } from '../raw-http2/raw-http2-connection.ts';
import { type Attack, type AttackOutcome, type AttackTarget, attackedPaths } from './attack.ts';

const maxBlockBytes = 64 * 1_024;
const maxFrames = 1_000;
const request = literalBlock(requestFields(attackedPaths.quick));
/** Of the dynamic table, after one insertion. */
const newest = 62;

export const headerAttacks: readonly Attack[] = [
  continuations('CONTINUATION flood, 16 KiB each', literalBlock([['x', 'y'.repeat(16_000)]]), maxBlockBytes / 16_000),
  continuations('CONTINUATION flood, 1 field each', literalBlock([['x', 'y']]), maxBlockBytes / 5),
  continuations('CONTINUATION flood, empty', Buffer.alloc(0), maxFrames),
  bomb('HPACK bomb: one large entry 4,000 times', ['x-bomb', 'b'.repeat(3_900)], 4_000),
  bomb('cookie crumbs: 10,000 of them', ['cookie', 'a=b'], 10_000),
  bomb('10,000 small fields', ['x', 'y'], 10_000),
  bomb('cookie crumbs: 4 MiB decoded', ['cookie', `c=${'b'.repeat(3_900)}`], 1_100),
];

/** A field block that never ends. Passed when the connection is closed once it has `limit` frames, give or take what was on the way. */
function continuations(name: string, piece: Buffer, limit: number): Attack {
  return {
    name,
    async run({ port }) {
      const connection = await RawHttp2Connection.open({ port });
      try {
        connection.write(frame(frameType.headers, 0, connection.nextStreamId(), request));
        const batch = Math.min(50, Math.ceil(limit / 2));
        let sent = 0;
        while (!connection.isClosed && connection.goawayCode === null && sent < limit + 4 * batch) {
          connection.write(...Array.from({ length: batch }, () => frame(frameType.continuation, 0, 1, piece)));
          sent += batch;
          // A PING may not come between, so that nothing tells when the peer is done: a moment has to do.
          await connection.untilClosed(5);
        }
        const noticed = await connection.until(() => connection.isClosed || connection.goawayCode !== null, 500);
        const closed = noticed && (await connection.untilClosed(3_000));
        const detail = `${closed ? 'closed' : 'still open'} after ${sent} frames, ${sent * piece.length} octets`;
        return { passed: closed, detail };
      } finally {
        connection.destroy();
      }
    },
  };
}

const bombs = 20;

/**
 * A small block that decodes to a large one, `bombs` times. Passed when none reaches the backend or is answered well, whatever happens
 * to the connection.
 */
function bomb(name: string, field: readonly [string, string], times: number): Attack {
  return { name, run: (target) => runBomb(target, field, times) };
}

async function runBomb(target: AttackTarget, field: readonly [string, string], times: number): Promise<AttackOutcome> {
  const connection = await RawHttp2Connection.open({ port: target.port });
  const hitsBefore = target.backendHits();
  try {
    for (let i = 0; i < bombs && !connection.isClosed; i++) {
      const entry = i === 0 ? indexedLiteral(field) : Buffer.alloc(0);
      const block = Buffer.concat([request, entry, repeatedIndex(newest, times)]);
      connection.write(headersFrame(connection.nextStreamId(), block, true));
      if (!(await connection.roundTrip())) break;
    }
    const { statuses, resets, isClosed } = connection;
    const reached = target.backendHits() - hitsBefore;
    const good = [...statuses.values()].filter((status) => status < 400).length;
    const refused = [...statuses.values()].filter((status) => status === 431).length;
    const passed = reached === 0 && good === 0 && (isClosed || statuses.size + resets.size > 0);
    return {
      passed,
      detail: `${refused} × 431, ${resets.size} reset, ${isClosed ? 'closed' : 'open'}, ${reached} reached the backend`,
    };
  } finally {
    connection.destroy();
  }
}
