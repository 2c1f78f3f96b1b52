/** A connection that carries many requests at a time. */
export interface SharedConnection {
  /** Streams that may be opened now. */
  readonly capacity: number;
  readonly openStreams: number;
  /** Streams at one time, as the peer and we allow. */
  readonly allowedStreams: number;
}

/** The connection with the smallest share of its streams in use; null when none has room. */
export function leastLoaded<T extends SharedConnection>(connections: readonly T[]): T | null {
  let best: T | null = null;
  for (let i = 0; i < connections.length; i++) {
    const connection = connections[i]!;
    if (connection.capacity > 0 && (best === null || loadOf(connection) < loadOf(best))) best = connection;
  }
  return best;
}

/** 0 to 1. */
export function loadOf({ openStreams, allowedStreams }: SharedConnection): number {
  return allowedStreams > 0 ? openStreams / allowedStreams : 1;
}
