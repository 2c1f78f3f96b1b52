import { Field, NameInfo, NameKind } from '@fairlead/message';
import { type Bind, type Explanation, explainMatch, type RouteTable } from '@fairlead/routing';
import { hostName } from '../data/host-name.ts';
import type { EndpointFacts } from './endpoint-facts.ts';

/** A request as somebody asks about it. */
export interface AskedRequest {
  readonly method: string;
  /** `http://host:port/path?query`; the port chooses the listener. */
  readonly url: string;
  /** `name: value` each. `host` replaces that of the URL. */
  readonly headers: readonly string[];
}

/** Where it goes and why, with the endpoints it may go to. Plain data, the JSON of `fairlead explain` and `/debug/explain`. */
export interface RequestExplanation extends Explanation {
  /** `address:port` it comes in at. */
  readonly bind: string;
  readonly endpoints: readonly BackendEndpoints[];
}

interface BackendEndpoints {
  /** `Backend.id`. */
  readonly backend: string;
  readonly endpoints: readonly EndpointFacts[];
}

/** A string tells what is wrong with the question. `endpointsOf` describes the endpoints of a backend. */
export function explainRequest(
  table: RouteTable,
  asked: AskedRequest,
  endpointsOf: (backend: string) => readonly EndpointFacts[],
): RequestExplanation | string {
  const url = readUrl(asked.url);
  if (typeof url === 'string') return url;
  const fields = readFields(asked.headers);
  if (typeof fields === 'string') return fields;
  const bind = findBind(table, url);
  if (typeof bind === 'string') return bind;
  const { method } = asked;
  if (!token.test(method)) return `"${method}" is no method`;
  const sent = fields.find(({ name }) => name.name === 'host')?.value ?? url.authority;
  const request = {
    method,
    host: hostName(sent),
    target: url.target,
    fields: fields.filter(({ name }) => name.name !== 'host'),
  };
  const explanation = explainMatch(table, bind, request);
  const backends = explanation.match?.backends.flatMap(({ backend }) => backend ?? []) ?? [];
  const endpoints = [...new Set(backends)].map((backend) => ({ backend, endpoints: endpointsOf(backend) }));
  return { bind: bind.key, ...explanation, endpoints };
}

interface AskedUrl {
  readonly secure: boolean;
  readonly authority: string;
  readonly host: string;
  readonly port: number;
  /** As written: a URL parser would mend what the gateway must judge. */
  readonly target: string;
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

function readUrl(text: string): AskedUrl | string {
  const match = /^(https?):\/\/([^/?#\s]+)([^#\s]*)(?:#.*)?$/i.exec(text);
  if (match === null) return `"${text}" is no URL like http://host:port/path`;
  const [, scheme = '', authority = '', rest = ''] = match;
  const parts = /^(\[[0-9a-f:.]+\]|[^:@[\]]+)(?::(\d{1,5}))?$/i.exec(authority);
  if (parts === null) return `"${authority}" is no host with an optional port`;
  const secure = scheme.toLowerCase() === 'https';
  return {
    secure,
    authority,
    host: parts[1]!.replace(/^\[|\]$/g, ''),
    port: parts[2] === undefined ? (secure ? 443 : 80) : Number(parts[2]),
    target: rest.startsWith('/') ? rest : `/${rest}`,
  };
}

function readFields(lines: readonly string[]): readonly Field[] | string {
  const fields: Field[] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase();
    if (!token.test(name)) return `"${line}" is no header like "name: value"`;
    fields.push(new Field(new NameInfo(name, NameKind.ordinary, 0, false), line.slice(colon + 1).trim()));
  }
  return fields;
}

/** Several addresses may have the port: the one the URL names, else one whose listener takes the host, else the first. */
function findBind(table: RouteTable, { secure, host, port }: AskedUrl): Bind | string {
  const candidates = [...table.binds.values()].filter((bind) => bind.port === port && bind.secure === secure);
  if (candidates.length === 0) {
    const known = [...table.binds.values()].map((bind) => `${bind.secure ? 'https' : 'http'}://${bind.key}`);
    const hint = known.length === 0 ? 'there is no listener at all' : `listeners: ${known.join(', ')}`;
    return `nothing listens for ${secure ? 'https' : 'http'} on port ${port}; ${hint}`;
  }
  const takesHost = ({ listeners }: Bind): boolean =>
    listeners.some(
      ({ hostname }) =>
        hostname === '' || hostname === host || (hostname.startsWith('*.') && host.endsWith(hostname.slice(1))),
    );
  return candidates.find(({ address }) => address === host) ?? candidates.find(takesHost) ?? candidates[0]!;
}
