export type {
  AbortReason,
  DownstreamStream,
  RequestHandler,
  RequestReceiver,
  ResponseReceiver,
  UpstreamFailure,
  UpstreamStream,
} from './exchange.ts';
export { Field, fieldLine, findField } from './field.ts';
export { internField, internName, internPeerName, isInterned } from './intern.ts';
export { RequestHead, ResponseHead } from './message-head.ts';
export { NameInfo, NameKind } from './name-info.ts';
export { names } from './names.ts';
