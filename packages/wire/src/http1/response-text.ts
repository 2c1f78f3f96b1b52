import { fieldLine, type ResponseHead } from '@fairlead/message';

export interface ResponseTextOptions {
  /** `none`: by `head.contentLength`, by the end of the connection, or no body. */
  readonly framing: 'none' | 'chunked';
  /** What to say about the connection's future; '' leaves it to the version. */
  readonly connection: '' | 'close' | 'keep-alive';
}

/** A response head for HTTP/1.1, with its empty line. A 101 says what it switches to. */
export function responseHeadText(head: ResponseHead, options: ResponseTextOptions): string {
  let text = statusLines.get(head.status) ?? `HTTP/1.1 ${head.status} \r\n`;
  const { fields } = head;
  for (let i = 0; i < fields.length; i++) text += fieldLine(fields[i]!);
  if (head.status === 101) return `${text}connection: upgrade\r\nupgrade: ${head.upgrade}\r\n\r\n`;
  if (options.framing === 'chunked') text += 'transfer-encoding: chunked\r\n';
  else if (head.contentLength >= 0) text += `content-length: ${head.contentLength}\r\n`;
  if (options.connection !== '')
    text += options.connection === 'close' ? 'connection: close\r\n' : 'connection: keep-alive\r\n';
  return `${text}\r\n`;
}

/** Reasons of RFC 9110 §15 and the registry; the peer's own are not relayed. */
const reasons: Readonly<Record<number, string>> = {
  100: 'Continue',
  101: 'Switching Protocols',
  102: 'Processing',
  103: 'Early Hints',
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  203: 'Non-Authoritative Information',
  204: 'No Content',
  205: 'Reset Content',
  206: 'Partial Content',
  207: 'Multi-Status',
  208: 'Already Reported',
  226: 'IM Used',
  300: 'Multiple Choices',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  305: 'Use Proxy',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  417: 'Expectation Failed',
  418: "I'm a teapot",
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  423: 'Locked',
  424: 'Failed Dependency',
  425: 'Too Early',
  426: 'Upgrade Required',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  451: 'Unavailable For Legal Reasons',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
  506: 'Variant Also Negotiates',
  507: 'Insufficient Storage',
  508: 'Loop Detected',
  510: 'Not Extended',
  511: 'Network Authentication Required',
};

const statusLines: ReadonlyMap<number, string> = new Map(
  Object.entries(reasons).map(([status, reason]) => [Number(status), `HTTP/1.1 ${status} ${reason}\r\n`]),
);
