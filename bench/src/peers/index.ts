import type { BenchContext } from '../bench.ts';
import { envoy } from './envoy.ts';
import { fairlead } from './fairlead.ts';
import { fastifyHttpProxy } from './fastify-http-proxy.ts';
import { haproxy } from './haproxy.ts';
import { nginx } from './nginx.ts';
import type { Peer } from './peer.ts';

export { envoy, fairlead, fastifyHttpProxy, haproxy, nginx };

/** Those of `peers` that the caller asked for. */
export function selected(peers: readonly Peer[], context: BenchContext): readonly Peer[] {
  return context.only.length === 0 ? peers : peers.filter((peer) => context.only.includes(peer.name));
}
