export type {
  AbortReason,
  DownstreamStream,
  RequestHandler,
  RequestReceiver,
  ResponseReceiver,
  UpstreamFailure,
  UpstreamStream,
} from './exchange.ts';
export { Field } from './field.ts';
export { RequestHead, ResponseHead } from './message-head.ts';
export { NameInfo, NameKind } from './name-info.ts';
