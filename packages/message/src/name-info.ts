/** What a field name means to a proxy; decides where codecs keep, drop or treat a field apart. */
export const NameKind = {
  /** End-to-end; relayed as it is. */
  ordinary: 0,
  /** `:method` and its like; never leaves the HTTP/2 codec. */
  pseudo: 1,
  /** `connection`, `keep-alive`, `te`, `transfer-encoding`, `upgrade`, `proxy-connection`, …: never relayed (RFC 9110 §7.6.1). */
  hopByHop: 2,
  contentLength: 3,
  host: 4,
  /** May arrive in crumbs over HTTP/2 (RFC 9113 §8.2.3). */
  cookie: 5,
  /** `authorization`, `set-cookie`, `proxy-authorization`, …: its values are never interned or indexed. */
  secret: 6,
} as const;
export type NameKind = (typeof NameKind)[keyof typeof NameKind];

/** A field name, interned: two fields have the same name exactly when their `NameInfo` is the same object. */
export class NameInfo {
  /** Lower case. */
  readonly name: string;
  readonly kind: NameKind;
  /** First index of this name in HPACK's static table (RFC 7541 Appendix A), 0 when absent. */
  readonly hpackIndex: number;
  /** Values repeat between messages and may be interned; false for secrets and for names that vary by nature. */
  readonly internValues: boolean;
  /** Its values by text; bounded, see `internField`. Null until the first is kept. */
  values: Map<string, Field> | null = null;

  constructor(name: string, kind: NameKind, hpackIndex: number, internValues: boolean) {
    this.name = name;
    this.kind = kind;
    this.hpackIndex = hpackIndex;
    this.internValues = internValues;
  }
}

import type { Field } from './field.ts';
