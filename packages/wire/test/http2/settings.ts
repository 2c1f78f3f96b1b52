import type { Http2ServerSettings } from '../../src/index.ts';

export const settings: Http2ServerSettings = {
  scheme: 'http',
  maxConcurrentStreams: 100,
  streamWindowBytes: 65_536,
  maxStreamWindowBytes: 262_144,
  connectionWindowBytes: 1_048_576,
  maxFieldSectionBytes: 65_536,
  maxFields: 128,
  maxEarlyResets: 200,
  maxControlFrames: 1_000,
  floodWindowMs: 10_000,
  maxTargetBytes: 8_192,
  allowUnderscores: false,
};
