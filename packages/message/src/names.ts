import { defineName } from './intern.ts';
import { type NameInfo, NameKind } from './name-info.ts';

const { pseudo, hopByHop, contentLength, host, cookie, secret } = NameKind;

function ordinary(name: string, hpackIndex: number = 0): NameInfo {
  return defineName(name, NameKind.ordinary, hpackIndex, true);
}

/** Its values hardly repeat: keeping them would only push others out. */
function varying(name: string, hpackIndex: number = 0): NameInfo {
  return defineName(name, NameKind.ordinary, hpackIndex, false);
}

function hop(name: string, hpackIndex: number = 0): NameInfo {
  return defineName(name, hopByHop, hpackIndex, true);
}

/** Values of these are never kept: they let their holder in. */
function secretName(name: string, hpackIndex: number = 0): NameInfo {
  return defineName(name, secret, hpackIndex, false);
}

/** Every name that any stage treats apart, and all of HPACK's static table (RFC 7541 Appendix A) with the index of its first entry. */
export const names: Names = {
  pseudoAuthority: defineName(':authority', pseudo, 1, true),
  pseudoMethod: defineName(':method', pseudo, 2, true),
  pseudoPath: defineName(':path', pseudo, 4, true),
  pseudoScheme: defineName(':scheme', pseudo, 6, true),
  pseudoStatus: defineName(':status', pseudo, 8, true),
  pseudoProtocol: defineName(':protocol', pseudo, 0, true),
  accept: ordinary('accept', 19),
  acceptCharset: ordinary('accept-charset', 15),
  acceptEncoding: ordinary('accept-encoding', 16),
  acceptLanguage: ordinary('accept-language', 17),
  acceptRanges: ordinary('accept-ranges', 18),
  accessControlAllowCredentials: ordinary('access-control-allow-credentials'),
  accessControlAllowHeaders: ordinary('access-control-allow-headers'),
  accessControlAllowMethods: ordinary('access-control-allow-methods'),
  accessControlAllowOrigin: ordinary('access-control-allow-origin', 20),
  accessControlExposeHeaders: ordinary('access-control-expose-headers'),
  accessControlMaxAge: ordinary('access-control-max-age'),
  accessControlRequestHeaders: ordinary('access-control-request-headers'),
  accessControlRequestMethod: ordinary('access-control-request-method'),
  age: varying('age', 21),
  allow: ordinary('allow', 22),
  authorization: secretName('authorization', 23),
  cacheControl: ordinary('cache-control', 24),
  connection: hop('connection'),
  contentDisposition: ordinary('content-disposition', 25),
  contentEncoding: ordinary('content-encoding', 26),
  contentLanguage: ordinary('content-language', 27),
  contentLength: defineName('content-length', contentLength, 28, false),
  contentLocation: ordinary('content-location', 29),
  contentRange: varying('content-range', 30),
  contentType: ordinary('content-type', 31),
  cookie: defineName('cookie', cookie, 32, false),
  date: ordinary('date', 33),
  etag: varying('etag', 34),
  expect: ordinary('expect', 35),
  expires: ordinary('expires', 36),
  forwarded: ordinary('forwarded'),
  from: ordinary('from', 37),
  grpcMessage: varying('grpc-message'),
  grpcStatus: ordinary('grpc-status'),
  grpcTimeout: varying('grpc-timeout'),
  /** Belongs to the connection (RFC 9113 §3.1). */
  http2Settings: hop('http2-settings'),
  host: defineName('host', host, 38, true),
  ifMatch: varying('if-match', 39),
  ifModifiedSince: ordinary('if-modified-since', 40),
  ifNoneMatch: varying('if-none-match', 41),
  ifRange: varying('if-range', 42),
  ifUnmodifiedSince: ordinary('if-unmodified-since', 43),
  keepAlive: hop('keep-alive'),
  lastModified: ordinary('last-modified', 44),
  link: ordinary('link', 45),
  location: ordinary('location', 46),
  maxForwards: ordinary('max-forwards', 47),
  origin: ordinary('origin'),
  /** Read by CGI programs as HTTP_PROXY. */
  proxy: hop('proxy'),
  proxyAuthenticate: hop('proxy-authenticate', 48),
  proxyAuthenticationInfo: hop('proxy-authentication-info'),
  proxyAuthorization: defineName('proxy-authorization', hopByHop, 49, false),
  proxyConnection: hop('proxy-connection'),
  range: varying('range', 50),
  referer: ordinary('referer', 51),
  refresh: ordinary('refresh', 52),
  retryAfter: ordinary('retry-after', 53),
  secWebsocketAccept: varying('sec-websocket-accept'),
  secWebsocketKey: varying('sec-websocket-key'),
  server: ordinary('server', 54),
  setCookie: secretName('set-cookie', 55),
  strictTransportSecurity: ordinary('strict-transport-security', 56),
  te: hop('te'),
  traceparent: varying('traceparent'),
  tracestate: varying('tracestate'),
  trailer: ordinary('trailer'),
  transferEncoding: hop('transfer-encoding', 57),
  upgrade: hop('upgrade'),
  userAgent: ordinary('user-agent', 58),
  vary: ordinary('vary', 59),
  via: ordinary('via', 60),
  wwwAuthenticate: ordinary('www-authenticate', 61),
  xApiKey: secretName('x-api-key'),
  xAuthToken: secretName('x-auth-token'),
  xCsrfToken: secretName('x-csrf-token'),
  xFairleadReason: ordinary('x-fairlead-reason'),
  xForwardedFor: ordinary('x-forwarded-for'),
  xForwardedHost: ordinary('x-forwarded-host'),
  xForwardedPort: ordinary('x-forwarded-port'),
  xForwardedProto: ordinary('x-forwarded-proto'),
  xRealIp: ordinary('x-real-ip'),
  xRequestId: varying('x-request-id'),
};

interface Names {
  readonly pseudoAuthority: NameInfo;
  readonly pseudoMethod: NameInfo;
  readonly pseudoPath: NameInfo;
  readonly pseudoScheme: NameInfo;
  readonly pseudoStatus: NameInfo;
  readonly pseudoProtocol: NameInfo;
  readonly accept: NameInfo;
  readonly acceptCharset: NameInfo;
  readonly acceptEncoding: NameInfo;
  readonly acceptLanguage: NameInfo;
  readonly acceptRanges: NameInfo;
  readonly accessControlAllowCredentials: NameInfo;
  readonly accessControlAllowHeaders: NameInfo;
  readonly accessControlAllowMethods: NameInfo;
  readonly accessControlAllowOrigin: NameInfo;
  readonly accessControlExposeHeaders: NameInfo;
  readonly accessControlMaxAge: NameInfo;
  readonly accessControlRequestHeaders: NameInfo;
  readonly accessControlRequestMethod: NameInfo;
  readonly age: NameInfo;
  readonly allow: NameInfo;
  readonly authorization: NameInfo;
  readonly cacheControl: NameInfo;
  readonly connection: NameInfo;
  readonly contentDisposition: NameInfo;
  readonly contentEncoding: NameInfo;
  readonly contentLanguage: NameInfo;
  readonly contentLength: NameInfo;
  readonly contentLocation: NameInfo;
  readonly contentRange: NameInfo;
  readonly contentType: NameInfo;
  readonly cookie: NameInfo;
  readonly date: NameInfo;
  readonly etag: NameInfo;
  readonly expect: NameInfo;
  readonly expires: NameInfo;
  readonly forwarded: NameInfo;
  readonly from: NameInfo;
  readonly grpcMessage: NameInfo;
  readonly grpcStatus: NameInfo;
  readonly grpcTimeout: NameInfo;
  readonly http2Settings: NameInfo;
  readonly host: NameInfo;
  readonly ifMatch: NameInfo;
  readonly ifModifiedSince: NameInfo;
  readonly ifNoneMatch: NameInfo;
  readonly ifRange: NameInfo;
  readonly ifUnmodifiedSince: NameInfo;
  readonly keepAlive: NameInfo;
  readonly lastModified: NameInfo;
  readonly link: NameInfo;
  readonly location: NameInfo;
  readonly maxForwards: NameInfo;
  readonly origin: NameInfo;
  readonly proxy: NameInfo;
  readonly proxyAuthenticate: NameInfo;
  readonly proxyAuthenticationInfo: NameInfo;
  readonly proxyAuthorization: NameInfo;
  readonly proxyConnection: NameInfo;
  readonly range: NameInfo;
  readonly referer: NameInfo;
  readonly refresh: NameInfo;
  readonly retryAfter: NameInfo;
  readonly secWebsocketAccept: NameInfo;
  readonly secWebsocketKey: NameInfo;
  readonly server: NameInfo;
  readonly setCookie: NameInfo;
  readonly strictTransportSecurity: NameInfo;
  readonly te: NameInfo;
  readonly traceparent: NameInfo;
  readonly tracestate: NameInfo;
  readonly trailer: NameInfo;
  readonly transferEncoding: NameInfo;
  readonly upgrade: NameInfo;
  readonly userAgent: NameInfo;
  readonly vary: NameInfo;
  readonly via: NameInfo;
  readonly wwwAuthenticate: NameInfo;
  readonly xApiKey: NameInfo;
  readonly xAuthToken: NameInfo;
  readonly xCsrfToken: NameInfo;
  readonly xFairleadReason: NameInfo;
  readonly xForwardedFor: NameInfo;
  readonly xForwardedHost: NameInfo;
  readonly xForwardedPort: NameInfo;
  readonly xForwardedProto: NameInfo;
  readonly xRealIp: NameInfo;
  readonly xRequestId: NameInfo;
}
