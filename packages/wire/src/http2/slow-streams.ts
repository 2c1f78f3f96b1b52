import type { StreamDeadlines } from './deadlines.ts';
import { isQueued } from './outbound.ts';
import type { ServerStream } from './server-stream.ts';

/** Whether a stream breaks one of `deadlines`. */
export function isTooSlow(stream: ServerStream, nowMs: number, deadlines: StreamDeadlines): boolean {
  const { writeIdleMs } = deadlines;
  if (writeIdleMs > 0 && isQueued(stream) && nowMs - stream.sentMs >= writeIdleMs) return true;
  return isBodySlow(stream, nowMs, deadlines);
}

/** Only a client that we wait for is slow: not one whose body is held back, nor one that streams without an end in sight. */
function isBodySlow(stream: ServerStream, nowMs: number, deadlines: StreamDeadlines): boolean {
  const { minBodyBytesPerSecond, bodyGraceMs } = deadlines;
  if (stream.remoteEnded || stream.unreceived < 0 || bodyGraceMs <= 0) return false;
  if (nowMs < stream.bodyCheckMs) return false;
  const due = stream.bodyCheckMs > 0 && !stream.heldBack;
  const least = (minBodyBytesPerSecond * bodyGraceMs) / 1_000;
  if (due && stream.bodyBytes < least) return true;
  stream.bodyCheckMs = nowMs + bodyGraceMs;
  stream.bodyBytes = 0;
  return false;
}
