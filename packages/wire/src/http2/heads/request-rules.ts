/** What a server session takes for a request. */
export interface RequestRules {
  /** Of the connection. `:scheme` may differ: TLS may end at a load balancer before us. */
  readonly scheme: 'http' | 'https';
  /** SETTINGS_ENABLE_CONNECT_PROTOCOL was sent (RFC 8441). */
  readonly extendedConnect: boolean;
  /** Octets of `:path`; beyond: 414. */
  readonly maxTargetBytes: number;
  /** Whether names with `_` are accepted: some applications can't tell them from those with `-`. */
  readonly allowUnderscores: boolean;
}
