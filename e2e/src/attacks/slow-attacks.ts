import { connect, type Socket } from 'node:net';
import { literalBlock, requestFields } from '../raw-http2/field-block.ts';
import {
  dataFrame,
  frame,
  frameType,
  headersFrame,
  preface,
  settingId,
  windowUpdateFrame,
} from '../raw-http2/frame.ts';
import { RawHttp2Connection } from '../raw-http2/raw-http2-connection.ts';
import { type Attack, type AttackedDeadlines, type AttackOutcome, type AttackTarget, attackedPaths } from './attack.ts';

/** Deadlines are looked at every so often, and a busy machine is late. */
const slackMs = 5_000;
const dripMs = 500;
const largestWindow = 0x7f_ff_ff_ff;

/** Connections held open by giving or taking as little as possible. Each ends by a deadline; they take a minute by default. */
export const slowAttacks: readonly Attack[] = [
  slowOctets('slow preface', (d) => d.headTimeoutMs, preface),
  slowOctets(
    'slowloris, HTTP/1.1',
    (d) => d.headTimeoutMs,
    Buffer.from(`GET / HTTP/1.1\r\nhost: a\r\n${'x: y\r\n'.repeat(1_000)}`),
  ),
  {
    name: 'slow field block',
    run: (target) =>
      heldOpen(target, target.deadlines.headTimeoutMs, [], (connection, n) => {
        const piece = literalBlock([[`x${n}`, 'y']]);
        if (n > 0) return connection.write(frame(frameType.continuation, 0, 1, piece));
        const request = literalBlock(requestFields(attackedPaths.quick));
        connection.write(frame(frameType.headers, 0, connection.nextStreamId(), request));
      }),
  },
  {
    name: 'slow body',
    run: (target) =>
      heldOpen(target, 2 * target.deadlines.bodyGraceMs, [], (connection, n) => {
        if (n > 0) return connection.write(dataFrame(1, 'x', false));
        const request = literalBlock(requestFields(attackedPaths.upload, 'POST', [['content-length', '1000']]));
        connection.write(headersFrame(connection.nextStreamId(), request, false));
      }),
  },
  {
    name: 'zero window, 100 large answers',
    run: (target) =>
      heldOpen(target, target.deadlines.writeIdleMs, [[settingId.initialWindowSize, 0]], (connection, n) => {
        if (n === 0) askForLarge(connection, 100);
      }),
  },
  {
    name: 'large windows, nothing read',
    run: (target) =>
      heldOpen(
        target,
        target.deadlines.writeIdleMs,
        [[settingId.initialWindowSize, largestWindow]],
        (connection, n) => {
          if (n > 0) return;
          connection.write(windowUpdateFrame(0, largestWindow - 65_535));
          connection.stopReading();
          askForLarge(connection, 100);
        },
      ),
  },
];

function askForLarge(connection: RawHttp2Connection, streams: number): void {
  const request = literalBlock(requestFields(attackedPaths.large));
  connection.write(...Array.from({ length: streams }, () => headersFrame(connection.nextStreamId(), request, true)));
}

/** One octet at a time, on a plain socket. */
function slowOctets(name: string, limitOf: (deadlines: AttackedDeadlines) => number, octets: Buffer): Attack {
  return {
    name,
    async run({ port, deadlines }) {
      const limitMs = limitOf(deadlines);
      const socket = connect(port, '127.0.0.1');
      let at = 0;
      const drip = setInterval(() => socket.write(octets.subarray(at, ++at)), dripMs);
      try {
        const tookMs = await untilEnded(socket, limitMs + slackMs);
        return toOutcome(tookMs, limitMs);
      } finally {
        clearInterval(drip);
        socket.destroy();
      }
    },
  };
}

async function untilEnded(socket: Socket, timeoutMs: number): Promise<number | null> {
  const startedMs = performance.now();
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), timeoutMs);
    const ended = (): void => {
      clearTimeout(timer);
      resolve(performance.now() - startedMs);
    };
    socket.resume();
    socket.on('error', () => {});
    socket.once('end', ended);
    socket.once('close', ended);
  });
}

/** Passed when the connection is closed, or its first stream reset or refused, in time. `act` is called with 0, 1, 2, … */
async function heldOpen(
  target: AttackTarget,
  limitMs: number,
  settings: readonly (readonly [number, number])[],
  act: (connection: RawHttp2Connection, n: number) => void,
): Promise<AttackOutcome> {
  const connection = await RawHttp2Connection.open({ port: target.port, settings });
  const startedMs = performance.now();
  let n = 0;
  act(connection, n++);
  const drip = setInterval(() => act(connection, n++), dripMs);
  try {
    const isCutOff = (): boolean => {
      return connection.isClosed || connection.resets.size > 0 || (connection.statuses.get(1) ?? 0) >= 400;
    };
    if (await connection.until(isCutOff, limitMs + slackMs)) return toOutcome(performance.now() - startedMs, limitMs);
    // Who does not read sees an end only when it reads on: what was under way, and then nothing more.
    connection.readOn();
    return toOutcome((await connection.until(isCutOff, 2_000)) ? limitMs + slackMs : null, limitMs);
  } finally {
    clearInterval(drip);
    connection.destroy();
  }
}

function toOutcome(tookMs: number | null, limitMs: number): AttackOutcome {
  if (tookMs === null) return { passed: false, detail: `still open ${slackMs / 1_000} s after the deadline` };
  // Ended at once would be a refusal of the attacker's first octets, not a deadline kept.
  const passed = tookMs > limitMs / 4;
  return { passed, detail: `cut off after ${(tookMs / 1_000).toFixed(1)} s of ${limitMs / 1_000} s` };
}
