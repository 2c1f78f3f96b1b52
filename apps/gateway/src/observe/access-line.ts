import type { Backend, Endpoint, Rule } from '@fairlead/routing';
import type { AccessRecord } from './access-record.ts';
import { jsonText, textLimits } from './json-text.ts';

/**
 * Turns records into JSON lines with the names of OpenTelemetry's semantic conventions for HTTP where they exist, `fairlead.*` elsewhere.
 * Durations are in seconds, as those conventions have them. Members without a value are left out.
 *
 * Concatenation in few pieces, not JSON.stringify: what one client or one endpoint has in every line is put together once.
 */
export class AccessLineWriter {
  /** By client address; replaced when the client speaks differently. Bounded: what clients send must not decide what is kept. */
  readonly #clients = new Map<string, ClientPart>();
  readonly #endpoints = new WeakMap<Endpoint, ConfiguredPart>();
  #second = -1;
  #secondText = '';

  /** The line with its newline; ASCII. `epochOffsetMs` added to a monotonic time gives milliseconds since the epoch. */
  line(record: AccessRecord, epochOffsetMs: number): string {
    const { target, method, scheme, status, upstreamMs, reason } = record;
    const question = target.indexOf('?');
    const path = jsonText(question < 0 ? target : target.slice(0, question), textLimits.path);
    const query = question < 0 ? '' : `","url.query":"${jsonText(queryOf(target, question), textLimits.query)}`;
    const upstream = upstreamMs < 0 ? '' : `,"http.client.request.duration":${secondsText(upstreamMs)}`;
    const why = reason === '' ? '' : `,"fairlead.reason":"${jsonText(reason, 64)}"`;
    return `${this.#timePart(record.startedMs + epochOffsetMs)}${methodPart(method, scheme)}${path}${query}","fairlead.request_id":"${jsonText(record.requestId, textLimits.short)}${statusPart(status)}${record.requestBytes},"http.response.body.size":${record.responseBytes},"http.server.request.duration":${secondsText(record.durationMs)}${upstream}${why}${rpcPart(record)}${this.#client(record)}${this.#configured(record)},"fairlead.tries":${record.tries}}\n`;
  }

  #client(record: AccessRecord): string {
    const { clientAddress, authority, userAgent, protocolVersion } = record;
    const known = this.#clients.get(clientAddress);
    if (
      known !== undefined &&
      known.authority === authority &&
      known.userAgent === userAgent &&
      known.protocolVersion === protocolVersion
    ) {
      return known.text;
    }
    const text = clientPart(record);
    if (this.#clients.size >= maxClients) this.#clients.clear();
    if (authority.length + userAgent.length <= maxClientText) {
      this.#clients.set(clientAddress, { authority, userAgent, protocolVersion, text });
    }
    return text;
  }

  #configured(record: AccessRecord): string {
    const { endpoint, listener, rule, backend } = record;
    if (endpoint === null) return configuredPart(record);
    const known = this.#endpoints.get(endpoint);
    if (known !== undefined && known.rule === rule && known.backend === backend && known.listener === listener) {
      return known.text;
    }
    const text = configuredPart(record);
    this.#endpoints.set(endpoint, { listener, rule, backend, text });
    return text;
  }

  /** RFC 3339 in UTC with milliseconds; the text of a second is made once. */
  #timePart(epochMs: number): string {
    const second = Math.floor(epochMs / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#secondText = `{"time":"${new Date(second * 1_000).toISOString().slice(0, 20)}`;
    }
    return this.#secondText + threeDigits[Math.floor(epochMs - second * 1_000)];
  }
}

const maxClients = 1_024;
const maxClientText = 1_024;

interface ClientPart {
  readonly authority: string;
  readonly userAgent: string;
  readonly protocolVersion: string;
  readonly text: string;
}

interface ConfiguredPart {
  readonly listener: string;
  readonly rule: Rule | null;
  readonly backend: Backend | null;
  readonly text: string;
}

function methodPart(method: string, scheme: 'http' | 'https'): string {
  if (method === 'GET') return scheme === 'http' ? getPlain : getSecure;
  return `Z","http.request.method":"${jsonText(method, 32)}","url.scheme":"${scheme}","url.path":"`;
}

const getPlain = 'Z","http.request.method":"GET","url.scheme":"http","url.path":"';
const getSecure = 'Z","http.request.method":"GET","url.scheme":"https","url.path":"';

/** Up to the number of the request body's size. */
function statusPart(status: number): string {
  if (status === 200) return '","http.response.status_code":200,"http.request.body.size":';
  return status === 0
    ? '","http.request.body.size":'
    : `","http.response.status_code":${status},"http.request.body.size":`;
}

/** Longer paths of gRPC are no method's. With this the names take no more of a line than they leave of the path's share. */
const maxRpcPath = 256;

/** `/package.Service/Method`. */
function rpcPart({ grpcStatus, target }: AccessRecord): string {
  if (grpcStatus < 0) return '';
  const slash = target.indexOf('/', 1);
  const isMethod = slash > 1 && target.length <= maxRpcPath && !target.includes('?');
  const service = isMethod ? `,"rpc.service":"${jsonText(target.slice(1, slash), textLimits.short)}"` : '';
  const method = isMethod ? `,"rpc.method":"${jsonText(target.slice(slash + 1), textLimits.short)}"` : '';
  return `,"rpc.system":"grpc"${service}${method},"rpc.grpc.status_code":${grpcStatus}`;
}

function clientPart(record: AccessRecord): string {
  const { authority, userAgent } = record;
  const agent = userAgent === '' ? '' : `,"user_agent.original":"${jsonText(userAgent, textLimits.userAgent)}"`;
  const client = `,"client.address":"${jsonText(record.clientAddress, 64)}"`;
  return flat(`${serverPart(authority)}${client},"network.protocol.version":"${record.protocolVersion}"${agent}`);
}

/** `server.address` and, when it was sent, `server.port`. IPv6 literals lose their brackets, as the conventions show them. */
function serverPart(authority: string): string {
  if (authority === '') return '';
  const colon = authority.lastIndexOf(':');
  const bracket = authority.lastIndexOf(']');
  const host = colon > bracket ? authority.slice(0, colon) : authority;
  const bare = bracket > 0 ? host.slice(1, -1) : host;
  const text = `,"server.address":"${jsonText(bare, textLimits.host)}"`;
  const port = colon > bracket ? authority.slice(colon + 1) : '';
  return /^\d{1,5}$/.test(port) ? `${text},"server.port":${Number(port)}` : text;
}

function configuredPart(record: AccessRecord): string {
  const { listener, rule, backend, endpoint } = record;
  let text = listener === '' ? '' : `,"fairlead.listener":"${jsonText(listener, textLimits.name)}"`;
  if (rule !== null) text += rulePart(rule);
  if (backend !== null) text += `,"fairlead.backend":"${jsonText(backend.id, textLimits.name)}"`;
  if (endpoint !== null) text += `,"fairlead.endpoint":"${jsonText(endpointText(endpoint), 64)}"`;
  return flat(text);
}

function rulePart(rule: Rule): string {
  const { kind, namespace, name } = rule.route;
  const route = `,"fairlead.route":"${jsonText(`${kind}/${namespace}/${name}`, textLimits.name)}"`;
  return `${route},"fairlead.rule":"${jsonText(rule.name === '' ? String(rule.index) : rule.name, textLimits.short)}"`;
}

function endpointText({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Cut before escaping, so that an enormous query costs no more than what is kept of it. */
function queryOf(target: string, question: number): string {
  return target.slice(question + 1, question + 1 + textLimits.query);
}

/** The same text in one piece instead of a tree of concatenations: it is about to be copied many times. Looking at a character does it. */
function flat(text: string): string {
  text.charCodeAt(0);
  return text;
}

const threeDigits: readonly string[] = Array.from({ length: 1_000 }, (_, n) => String(n).padStart(3, '0'));

/** Seconds with six decimals. Two table look-ups: a double's shortest decimal form costs four times as much. */
export function secondsText(ms: number): string {
  const micros = ms > 0 ? Math.round(ms * 1_000) : 0;
  if (micros < 1_000_000) return `0.${threeDigits[(micros / 1_000) | 0]}${threeDigits[micros % 1_000]}`;
  const seconds = Math.floor(micros / 1_000_000);
  const rest = micros - seconds * 1_000_000;
  return `${seconds}.${threeDigits[(rest / 1_000) | 0]}${threeDigits[rest % 1_000]}`;
}
