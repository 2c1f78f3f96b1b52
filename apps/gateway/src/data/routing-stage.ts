import type { Field } from '@fairlead/message';
import { type Listener, normalizePath, type RequestView } from '@fairlead/routing';
import type { ClientPeer } from './client-stream.ts';
import { sameValidation } from './client-validation.ts';
import { failures } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { hostName } from './host-name.ts';
import type { Snapshot } from './snapshot.ts';
import type { Verdict } from './verdict.ts';

/** One object for all requests: matching keeps nothing of it. */
class MatchView implements RequestView {
  method: string = '';
  path: string = '';
  query: string = '';
  fields: readonly Field[] = [];
}

/** From a request to its rule. What is matched here is what is forwarded. */
export class RoutingStage {
  readonly #snapshot: Snapshot;
  readonly #view = new MatchView();
  #host: string = '';

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
  }

  chooseListener(exchange: Exchange): Verdict {
    const { peer } = exchange.stream;
    this.#host = hostName(exchange.head.authority);
    const listener = peer.server.names.select(this.#host);
    if (listener === null) return failures.noListener;
    exchange.accepted = listener;
    exchange.listener = listener.id;
    return isMisdirected(peer, listener) ? failures.misdirected : null;
  }

  /** An upgrade to HTTP/2 is ignored, which RFC 9110 §7.8 leaves to the server: endpoints must not get to tunnel what we don't read. */
  ignoreHttp2Upgrade({ head }: Exchange): null {
    if (head.upgrade === 'h2c') head.upgrade = '';
    return null;
  }

  normalisePath({ head, stream, accepted }: Exchange): Verdict {
    const { path } = head;
    const { encodedSlashes } = stream.peer.server.scopes.of(accepted!).settings;
    const view = this.#view;
    const mark = path.indexOf('?');
    const raw = mark < 0 ? path : path.slice(0, mark);
    const normal = normalizePath(raw, encodedSlashes);
    if (normal === null) return failures.badPath;
    view.path = normal;
    view.query = mark < 0 ? '' : path.slice(mark + 1);
    if (normal !== raw) head.path = mark < 0 ? normal : normal + path.slice(mark);
    return null;
  }

  matchRule(exchange: Exchange): Verdict {
    const view = this.#view;
    view.method = exchange.head.method;
    view.fields = exchange.head.fields;
    const match = this.#snapshot.matcher.match(exchange.listener, this.#host, view);
    if (match === null) return failures.noRoute;
    const prepared = this.#snapshot.rules.get(match.entry.rule);
    if (prepared === undefined) throw new Error(`the table has no rule ${match.entry.rule}`);
    exchange.entry = match.entry;
    exchange.prepared = prepared;
    exchange.rule = prepared.rule;
    const { requestMs } = prepared.rule.timeouts;
    if (requestMs > 0) exchange.boundRequest(exchange.arrivedMs + requestMs);
    return prepared.failure;
  }
}

/**
 * RFC 9110 §15.5.20: the request is for another listener than the one that the TLS handshake was made with, by name or by what it demands of
 * the client's certificate. Listeners are isolated from each other: what one has checked says nothing to another.
 */
function isMisdirected({ tls, server }: ClientPeer, listener: Listener): boolean {
  if (tls === null) return false;
  if (!sameValidation(tls.validation, listener.tls?.clientValidation ?? null)) return true;
  if (tls.serverName === '' || tls.listenerId === listener.id) return false;
  // The name may belong to another listener since the handshake.
  return server.names.select(tls.serverName) !== listener;
}
