import type { ClusterState, EndpointSlice } from '@fairlead/resources';
import type { ClusterPlaces } from '../cluster-binds.ts';

/** What a source knows, whole. What did not change keeps its identity from one update to the next: objects, maps, `state`, `problems`. */
export interface SourceUpdate {
  readonly state: ClusterState;
  /** By `namespace/name`. */
  readonly slices: ReadonlyMap<string, EndpointSlice>;
  readonly problems: readonly SourceProblem[];
  /** In a cluster only: Gateways listen there, and not where their specs say. */
  readonly places?: ClusterPlaces;
}

export interface SourceProblem {
  /** Path of the file, beginning with the folder as it was given; '' in a cluster. */
  readonly file: string;
  /** 1-based; 0 in a cluster. */
  readonly line: number;
  /** `HTTPRoute default/shop`; '' when it is not about one object. */
  readonly object: string;
  /** `spec.rules[0].matches`; '' when it is not about one field. */
  readonly field: string;
  /** Says what is wrong and what is allowed, without file, object and field. */
  readonly message: string;
  /** 'error': something written in the file is not used. */
  readonly severity: 'error' | 'warning';
}

/** Where something is written. `line` is 1-based. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
}
