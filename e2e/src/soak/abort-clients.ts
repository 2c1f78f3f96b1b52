import { randomInt } from 'node:crypto';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';

/** What e2e/interop-tools/moodybackend does, by path. */
const moods = {
  /** All of it, in some pieces. */
  answer: '/answer',
  /** Without waiting for the request's body. */
  early: '/early',
  /** Breaks off before the head. */
  resetBefore: '/reset-before',
  /** Breaks off within the body. */
  resetWithin: '/reset-within',
  /** Takes all of the request, and that is all. */
  never: '/never',
} as const;

/** Octets of a whole answer. */
const answerBytes = 30_000;

export interface AbortRun {
  readonly streams: number;
  readonly whole: number;
  readonly brokenOff: number;
  readonly cancelled: number;
  /** What must not have happened: truncated answers that end well, whole answers that do not come, streams that never end. */
  readonly wrong: readonly string[];
}

const sessionCount = 20;
const streamsPerSession = 40;
const uploadBytes = 40_000;
/** Far beyond what any stream takes. */
const patienceMs = 20_000;

/** `streams` requests on 20 connections to `port`, 40 at a time on each; about half of them are cancelled by this end at some point. */
export async function abortingClients(port: number, streams: number): Promise<AbortRun> {
  const sessions = Array.from({ length: sessionCount }, () => openSession(port));
  const outcomes: Outcome[] = [];
  let left = streams;
  const worker = async (session: ClientHttp2Session): Promise<void> => {
    while (left-- > 0) outcomes.push(await request(session));
  };
  await Promise.all(sessions.flatMap((session) => Array.from({ length: streamsPerSession }, () => worker(session))));
  for (const session of sessions) session.destroy();
  const count = (what: string): number => outcomes.filter((outcome) => outcome.what === what).length;
  return {
    streams: outcomes.length,
    whole: count('whole'),
    brokenOff: count('broken off'),
    cancelled: count('cancelled'),
    wrong: outcomes.filter(({ what }) => what === 'wrong').map(({ detail }) => detail),
  };
}

function openSession(port: number): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => {});
  return session;
}

interface Outcome {
  readonly what: 'whole' | 'broken off' | 'cancelled' | 'wrong';
  readonly detail: string;
}

const paths = Object.values(moods);

async function request(session: ClientHttp2Session): Promise<Outcome> {
  const path = paths[randomInt(paths.length)]!;
  const uploads = randomInt(2) === 0;
  const stream = session.request({ ':path': path, ':method': uploads ? 'POST' : 'GET' }, { endStream: !uploads });
  const cancels = scheduleCancel(stream, path === moods.never);
  if (uploads) stream.end('x'.repeat(1 + randomInt(uploadBytes)));
  const { status, reason, bytes, timedOut, code } = await untilClosed(stream);
  const method = `${uploads ? 'POST' : 'GET'}${cancels() ? ', cancelled' : ''}`;
  const detail = `${method} ${path}: status ${status}${reason}, ${bytes} octets, code ${code}`;
  if (timedOut) return { what: 'wrong', detail: `${detail}, does not end` };
  if (cancels() && code !== constants.NGHTTP2_NO_ERROR) return { what: 'cancelled', detail };
  const whole = status === 200 && bytes === answerBytes && code === constants.NGHTTP2_NO_ERROR;
  const breaksOff = path === moods.resetBefore || path === moods.resetWithin;
  if (whole) return { what: breaksOff ? 'wrong' : 'whole', detail };
  // Before the head a gateway may answer for the backend; after it the stream has to be reset.
  const isTold = code !== constants.NGHTTP2_NO_ERROR || (path === moods.resetBefore && status >= 500);
  return { what: breaksOff && isTold ? 'broken off' : 'wrong', detail };
}

/** At once, with the head, or at any moment; or not at all. Returns whether it was done. */
function scheduleCancel(stream: ClientHttp2Stream, always: boolean): () => boolean {
  let done = false;
  const cancel = (): void => {
    done = true;
    stream.close(constants.NGHTTP2_CANCEL);
  };
  const way = randomInt(always ? 2 : 6);
  if (way === 0) setTimeout(cancel, randomInt(60));
  else if (way === 1) setImmediate(cancel);
  else if (way === 2) stream.once('response', cancel);
  return () => done;
}

interface Closed {
  readonly status: number;
  /** Of a gateway, in brackets; '' without. */
  readonly reason: string;
  readonly bytes: number;
  readonly code: number;
  readonly timedOut: boolean;
}

async function untilClosed(stream: ClientHttp2Stream): Promise<Closed> {
  let status = 0;
  let reason = '';
  let bytes = 0;
  stream.on('error', () => {});
  stream.on('response', (headers) => {
    status = Number(headers[':status']);
    const given = headers['x-fairlead-reason'];
    reason = given === undefined ? '' : ` (${given})`;
  });
  stream.on('data', (data: Buffer) => {
    bytes += data.length;
  });
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve({ status, reason, bytes, code: -1, timedOut: true });
      stream.close(constants.NGHTTP2_CANCEL);
    }, patienceMs);
    stream.once('close', () => {
      clearTimeout(timer);
      resolve({ status, reason, bytes, code: stream.rstCode ?? 0, timedOut: false });
    });
  });
}
