import type { Field } from './field.ts';

/**
 * The head of a request, as both codecs deliver it and all stages between them read it.
 *
 * `fields` holds end-to-end fields only, in arrival order: hop-by-hop fields, those that `Connection` names, `Host`, `Content-Length` and
 * pseudo-header fields are gone; what they said is in the members. `Expect` and `Cookie` stay (cookie crumbs joined).
 * Stages may replace members and `fields`; a head belongs to one exchange.
 */
export class RequestHead {
  method: string;
  scheme: 'http' | 'https';
  /** Host and optional port as the client sent them, validated; '' only for HTTP/1.0 requests without Host. */
  authority: string;
  /** Path and query in origin-form, as sent until normalised; `*` for `OPTIONS *`. */
  path: string;
  fields: Field[];
  /** Octets of the body; -1 when unknown or when there is none and the client did not say 0. */
  contentLength: number;
  /** `Expect: 100-continue`. */
  expectContinue: boolean;
  /** `TE: trailers`. */
  trailersAccepted: boolean;
  /** Protocol asked for by `Connection: upgrade` or `:protocol`, lower case; '' without. */
  upgrade: string;

  constructor(method: string, scheme: 'http' | 'https', authority: string, path: string, fields: Field[]) {
    this.method = method;
    this.scheme = scheme;
    this.authority = authority;
    this.path = path;
    this.fields = fields;
    this.contentLength = -1;
    this.expectContinue = false;
    this.trailersAccepted = false;
    this.upgrade = '';
  }
}

/** The head of a response, interim (1xx) or final. `fields` as in `RequestHead`; `Set-Cookie` never joined. */
export class ResponseHead {
  status: number;
  fields: Field[];
  /** As the upstream declared it, also for HEAD and 304 where no body follows; -1 when it did not. */
  contentLength: number;
  /** The protocol of a 101, lower case; '' otherwise. */
  upgrade: string;

  constructor(status: number, fields: Field[]) {
    this.status = status;
    this.fields = fields;
    this.contentLength = -1;
    this.upgrade = '';
  }
}
