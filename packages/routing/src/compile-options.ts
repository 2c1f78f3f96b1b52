import type { ClientTrafficSettings, GatewayAddress } from '@fairlead/resources';
import type { Certificate } from './table.ts';

/** What the compiler must be told or lent. Compare by identity of members: keep them between compiles. */
export interface CompileOptions {
  /** GatewayClasses with this `spec.controllerName` are ours. */
  readonly controllerName: string;
  /** Where a Gateway listens that names no address: IP addresses, at least one. */
  readonly defaultAddresses: readonly string[];
  readonly certificates: CertificateReader;
  /** Reads the spec of a ClientTrafficPolicy. Lent, since workers load this package too and have no use for schemas. */
  readonly readClientTraffic: (spec: unknown) => ClientTrafficSettings;
  /** Binds that failed, by `Bind.key`, with what to tell the user. They appear in the statuses; the table keeps them. */
  readonly bindErrors?: ReadonlyMap<string, string>;
  /**
   * Given in a cluster: Gateways then listen on `defaultAddresses` and on the ports told here only, whatever their specs say; those that are
   * absent do not listen. By `namespace/name`; one that says the same is the same object.
   */
  readonly placements?: ReadonlyMap<string, GatewayPlacement>;
}

/** Where a Gateway is to be had in a cluster. */
export interface GatewayPlacement {
  /** By listener port. No other Gateway has the same `bindPort`. */
  readonly ports: readonly { readonly port: number; readonly bindPort: number }[];
  /** What the load balancer gave. */
  readonly addresses: readonly GatewayAddress[];
  /** Why it does not serve everywhere yet ("2 of 3 replicas …"); null when it does. */
  readonly pending: string | null;
}

/** X.509 is read by the application; a string tells what is wrong. */
export interface CertificateReader {
  /** Checks a chain (leaf first) against its key. `secret`: `namespace/name` of where they stand. */
  readCertificate(certPem: string, keyPem: string, secret: string): CertificateFacts | string;
  /** What Secret `namespace/name` held when it was last good; see docs/adr/007. Never asked for a Secret that is good, missing or not permitted. */
  lastGood?(secret: string): Certificate | null;
  /** Checks that `pem` holds at least one certificate, and nothing broken. Null when it is good. */
  checkCaBundle(pem: string): string | null;
}

export interface CertificateFacts {
  /** DNS names of the leaf, lower case. */
  readonly names: readonly string[];
  /** SHA-256 of the leaf, hex. */
  readonly fingerprint: string;
}
