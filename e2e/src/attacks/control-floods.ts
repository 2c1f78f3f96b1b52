import { literalBlock, requestFields } from '../raw-http2/field-block.ts';
import {
  dataFrame,
  errorCode,
  frame,
  headersFrame,
  pingFrame,
  priorityFrame,
  rstStreamFrame,
  settingsFrame,
  windowUpdateFrame,
} from '../raw-http2/frame.ts';
import type { RawHttp2Connection } from '../raw-http2/raw-http2-connection.ts';
import { type Attack, attackedPaths } from './attack.ts';
import { flood } from './flood.ts';

/** Frames without content that a connection may send in 10 s. */
const limit = 1_000;
const openStream = 1;
const unknownType = 0xfa;

export const controlFloods: readonly Attack[] = [
  flood({ name: 'PING flood', limit, unit: () => pingFrame(0, Buffer.alloc(8)) }),
  flood({ name: 'SETTINGS flood', limit, unit: () => settingsFrame([]) }),
  flood({ name: 'PRIORITY flood', limit, unit: () => priorityFrame(1_001, 0) }),
  flood({ name: 'WINDOW_UPDATE flood, connection', limit, unit: () => windowUpdateFrame(0, 1) }),
  flood({
    name: 'WINDOW_UPDATE flood, stream',
    limit,
    prepare: openUpload,
    unit: () => windowUpdateFrame(openStream, 1),
  }),
  flood({ name: 'empty DATA flood', limit, prepare: openUpload, unit: () => dataFrame(openStream, '', false) }),
  flood({
    name: 'RST_STREAM flood on a closed stream',
    limit,
    prepare: (connection) => {
      openUpload(connection);
      connection.write(rstStreamFrame(openStream, errorCode.cancel));
    },
    unit: () => rstStreamFrame(openStream, errorCode.cancel),
  }),
  flood({ name: 'flood of unknown frames', limit, unit: () => frame(unknownType, 0, 0) }),
];

function openUpload(connection: RawHttp2Connection): void {
  const block = literalBlock(requestFields(attackedPaths.upload, 'POST'));
  connection.write(headersFrame(connection.nextStreamId(), block, false));
}
