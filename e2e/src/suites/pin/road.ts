import type { Target } from '../clients/one-connection.ts';

/** A way to the pods. */
export interface Road {
  readonly name: 'clusterip' | 'fairlead';
  /** Whether even shares are promised; where they are not, shares are figures without a verdict. */
  readonly balances: boolean;
  readonly http: Target;
  readonly http2: Target;
  readonly grpc: Target;
}
