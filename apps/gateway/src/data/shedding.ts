import type { ClientConnection } from './connection-list.ts';
import { isExcluded } from './recycling.ts';

/** What of a connection matters for it. */
export type ShedCandidate = Pick<ClientConnection, 'tenure' | 'scope'>;

/** A connection may be larger than what is to be shed by this: the greater part of it is wanted elsewhere. */
const fit = 0.6;

/**
 * Which connections should leave so that about `share` of the requests of all go with them: 0 to 1, over the last one or two seconds. The
 * busiest that fit first, so that few clients are asked. One that is larger than the excess stays: wherever it goes, there would be the
 * excess. `window` is that of `Recycling`.
 */
export function chooseToShed<C extends ShedCandidate>(connections: readonly C[], share: number, window: number): C[] {
  const requests = new Map(connections.map((connection) => [connection, connection.tenure.recentRequests(window)]));
  let rest = share * [...requests.values()].reduce((sum, count) => sum + count, 0);
  // What was asked already, and will go.
  for (const [{ tenure }, count] of requests) if (tenure.leaving || tenure.chosen) rest -= count;
  const chosen: C[] = [];
  for (const [connection, count] of [...requests].filter(mayLeave).sort((a, b) => b[1] - a[1])) {
    if (rest < fit * count) continue;
    chosen.push(connection);
    rest -= count;
  }
  return chosen;
}

function mayLeave([{ tenure, scope }, count]: readonly [ShedCandidate, number]): boolean {
  return count > 0 && !tenure.leaving && !tenure.chosen && !isExcluded(tenure, scope.settings.recycling);
}
