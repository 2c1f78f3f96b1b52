import type { PolicyField, PolicyGroup, PolicyValue } from './policy-values.ts';

const percent: PolicyValue = { type: 'percent' };

/**
 * The one source for ClientTrafficPolicy beside its `targetRefs`: what there is to set, within which bounds, and what it means. The check of
 * manifests, the compiler, the CRD and docs/client-traffic-policy.md all come from here; see scripts/generate.mjs.
 */
export const clientTrafficFields: PolicyGroup = {
  meaning:
    'How the clients of a Gateway, or of one of its listeners, are dealt with. What is not set keeps its default.',
  members: {
    timeouts: group('How long a client is waited for.', {
      requestHead: field(
        'headTimeoutMs',
        duration('100ms', '1h'),
        'From the first octet of a request to the end of its head. Also the time for a TLS handshake.',
      ),
      idle: field('idleTimeoutMs', duration('100ms', '24h'), 'A connection without a request is closed after this.'),
      write: field(
        'writeIdleMs',
        duration('100ms', '24h'),
        'A client that takes nothing of a response for so long is cut off.',
      ),
    }),
    requestBody: group('How slowly a body may come.', {
      minBytesPerSecond: field(
        'minBodyBytesPerSecond',
        size(0, 2 ** 30),
        'The slowest body accepted, averaged over `period`; 0 accepts any.',
      ),
      period: field('bodyGraceMs', duration('100ms', '1h'), 'What the rate of a body is averaged over.'),
    }),
    headers: group('The head of a request.', {
      maxSize: field(
        'maxHeadBytes',
        size(1_024, 2 ** 20),
        'Octets of all field lines of one HTTP/1.1 head; beyond: 431.',
      ),
      maxCount: field('maxFields', count(1, 1_024), 'Fields of one head; beyond: 431.'),
      withUnderscoresAction: field(
        'allowUnderscores',
        choice({ RejectRequest: false, Allow: true }),
        'What to do with field names that contain `_`: some applications can not tell them from those with `-`.',
      ),
    }),
    path: group('The target of a request.', {
      maxSize: field('maxTargetBytes', size(128, 65_536), 'Octets of path and query; beyond: 414.'),
      escapedSlashesAction: field(
        'encodedSlashes',
        choice({ RejectRequest: 'reject', KeepUnchanged: 'keep' }),
        'What to do with `%2f`, `%5c` and backslash in a path.',
      ),
    }),
    connection: group('Connections.', {
      maxPerClient: field(
        'maxConnectionsPerClient',
        count(1, 1_000_000),
        'Open connections of one client address to one listener, per worker; all listeners of a port together are bounded by the highest of theirs. Trusted peers are not bounded.',
      ),
    }),
    clientIPDetection: group('Who the client is when there are proxies in between.', {
      trustedCIDRs: field(
        'trustedProxies',
        { type: 'networks', maxItems: 256 },
        'Peers whose `X-Forwarded-*` and PROXY protocol headers are believed.',
      ),
      proxyProtocol: field(
        'proxyProtocol',
        choice({ Off: 'off', Trusted: 'trusted', Required: 'required' }),
        'PROXY protocol, version 1 or 2, in front of every connection. `Trusted`: read from peers in `trustedCIDRs` that send it, refused from all others. `Required`: connections without it are closed.',
      ),
    }),
    http2: group('HTTP/2.', {
      maxConcurrentStreams: field(
        'http2.maxConcurrentStreams',
        count(1, 65_535),
        'Requests of one connection at a time.',
      ),
      initialStreamWindowSize: field(
        'http2.streamWindowBytes',
        size(1_024, 2 ** 26),
        'Octets of a body that a client may send before any of it is taken.',
      ),
      maxStreamWindowSize: field(
        'http2.maxStreamWindowBytes',
        size(1_024, 2 ** 26),
        'The window of a stream grows up to this while it is used up.',
      ),
      initialConnectionWindowSize: field(
        'http2.connectionWindowBytes',
        size(65_535, 2 ** 28),
        'The same for all bodies of one connection together.',
      ),
      maxHeaderListSize: field(
        'http2.maxFieldSectionBytes',
        size(1_024, 2 ** 20),
        'Octets of the fields of one head, after decompression, with 32 for each field; beyond: 431.',
      ),
      keepalive: group('Whether silent connections are still there.', {
        idle: field(
          'http2.pingIdleMs',
          duration('1s', '24h', true),
          'After so much silence the client is asked with a PING; `0s` never asks.',
        ),
        timeout: field(
          'http2.pingTimeoutMs',
          duration('100ms', '1h'),
          'A client that does not answer within this is gone.',
        ),
      }),
      abuse: group('What nobody needs who means well; a connection that does more is closed.', {
        maxEarlyResets: field(
          'http2.maxEarlyResets',
          count(1, 1_000_000),
          'Streams that end soon after they began, by either side, within `period`.',
        ),
        maxControlFrames: field(
          'http2.maxControlFrames',
          count(1, 1_000_000),
          'Frames that carry neither request nor body (PING, SETTINGS, PRIORITY, empty DATA and the like), within `period`.',
        ),
        period: field('http2.floodWindowMs', duration('100ms', '1h'), 'Over which resets and frames are counted.'),
      }),
    }),
    recycling: group('How long-lived connections are spread anew over replicas and workers.', {
      maxAge: field(
        'recycling.maxAgeMs',
        duration('1s', '24h', true),
        'A connection is asked to leave when it is this old, and closes when its requests are done; `0s` never asks.',
      ),
      maxAgeJitter: field('recycling.maxAgeJitter', percent, '`maxAge` is longer or shorter by up to this, by chance.'),
      goawayChance: field(
        'recycling.goawayChance',
        percent,
        'Chance that a request is the last of its connection: HTTP/2 gets a GOAWAY, HTTP/1.1 `Connection: close`.',
      ),
      excludedUserAgents: field(
        'recycling.excludedUserAgents',
        { type: 'texts', maxItems: 64, maxLength: 256 },
        'Clients whose `User-Agent` begins with one of these are never asked.',
      ),
      maxPerSecond: field(
        'recycling.maxPerSecond',
        count(1, 100_000),
        'Most connections that one worker asks to leave in a second.',
      ),
    }),
  },
};

function group(meaning: string, members: PolicyGroup['members']): PolicyGroup {
  return { meaning, members };
}

function field(setting: string, value: PolicyValue, meaning: string): PolicyField {
  return { setting, value, meaning };
}

function duration(min: string, max: string, off: boolean = false): PolicyValue {
  return { type: 'duration', min, max, off };
}

function size(min: number, max: number): PolicyValue {
  return { type: 'size', min, max };
}

function count(min: number, max: number): PolicyValue {
  return { type: 'count', min, max };
}

function choice(choices: Readonly<Record<string, string | boolean>>): PolicyValue {
  return { type: 'choice', choices };
}
