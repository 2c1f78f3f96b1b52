import { Field, names, RequestHead } from '@fairlead/message';
import { sameAuthority } from '../../http1/authority.ts';
import { type WireError, wireErrors } from '../../http1/wire-error.ts';
import { FieldUse, faultOf, firstFault, useOf } from './field-use.ts';
import type { RequestRules } from './request-rules.ts';

/**
 * The head that a field section makes, by RFC 9113 §8.2 and §8.3 and by what HTTP/1.1 requests are held to: known methods, one valid authority,
 * one Content-Length. A `WireError` with status 400: the request is malformed, and its stream to be reset with PROTOCOL_ERROR; any other status
 * may be answered.
 *
 * `fields` is used up: it becomes the head's. `end`: no body follows. Extended CONNECT for a WebSocket (RFC 8441) becomes GET with
 * `upgrade`. Whether the body has as many octets as Content-Length says is left to the caller.
 */
export function readRequestHead(fields: Field[], end: boolean, rules: RequestRules): RequestHead | WireError {
  return reader.read(fields, end, rules);
}

/** One object for all requests, since reading calls nobody. */
class RequestReader {
  #rules: RequestRules = { scheme: 'http', extendedConnect: false, maxTargetBytes: 0, allowUnderscores: false };
  #head: RequestHead = noRequest;
  /** Uses of the pseudo fields seen; 0 for none. */
  #method: number = 0;
  #path: number = 0;
  #scheme: boolean = false;
  #protocol: boolean = false;
  #host: string = '';
  /** Fields kept so far, and where the cookie is among them. */
  #kept: number = 0;
  #cookie: number = -1;

  read(fields: Field[], end: boolean, rules: RequestRules): RequestHead | WireError {
    this.#begin(fields, rules);
    const error = this.#readPseudo(fields) ?? this.#finish(end);
    const head = this.#head;
    this.#head = noRequest;
    return error ?? head;
  }

  #begin(fields: Field[], rules: RequestRules): void {
    this.#rules = rules;
    this.#head = new RequestHead('', rules.scheme, '', '', fields);
    this.#method = 0;
    this.#path = 0;
    this.#scheme = false;
    this.#protocol = false;
    this.#host = '';
    this.#kept = 0;
    this.#cookie = -1;
  }

  #readPseudo(fields: Field[]): WireError | null {
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i]!;
      const use = useOf(field);
      if (use >= firstFault) return faultOf(use);
      if (use < FieldUse.method) return this.#readFields(fields, i);
      const error = this.#addPseudo(field.value, use);
      if (error !== null) return error;
    }
    return this.#readFields(fields, fields.length);
  }

  #addPseudo(value: string, use: number): WireError | null {
    const head = this.#head;
    switch (use) {
      case FieldUse.method:
      case FieldUse.connect:
        if (this.#method !== 0) return wireErrors.duplicatePseudo;
        this.#method = use;
        head.method = value;
        return null;
      case FieldUse.path:
      case FieldUse.asterisk:
        if (this.#path !== 0) return wireErrors.duplicatePseudo;
        this.#path = use;
        head.path = value;
        return null;
      case FieldUse.authority:
        if (head.authority !== '') return wireErrors.duplicatePseudo;
        head.authority = value;
        return null;
      case FieldUse.scheme:
        if (this.#scheme) return wireErrors.duplicatePseudo;
        this.#scheme = true;
        return null;
      case FieldUse.protocol:
        if (this.#protocol) return wireErrors.duplicatePseudo;
        this.#protocol = true;
        return null;
      default:
        return wireErrors.unknownPseudo;
    }
  }

  /** From `at` on, moving those that are kept to the front. */
  #readFields(fields: Field[], at: number): WireError | null {
    for (; at < fields.length; at++) {
      const field = fields[at]!;
      const use = useOf(field);
      if (use === FieldUse.ordinary) fields[this.#kept++] = field;
      else {
        const error = use >= firstFault ? faultOf(use) : this.#addSpecial(field, use);
        if (error !== null) return error;
      }
    }
    fields.length = this.#kept;
    return null;
  }

  #addSpecial(field: Field, use: number): WireError | null {
    const head = this.#head;
    switch (use) {
      case FieldUse.underscored:
        return this.#rules.allowUnderscores ? this.#keep(field) : wireErrors.underscore;
      case FieldUse.cookie:
        return this.#addCookie(field);
      case FieldUse.host:
        if (this.#host !== '') return wireErrors.duplicateHost;
        this.#host = field.value;
        return null;
      case FieldUse.contentLength:
        if (head.contentLength >= 0) return wireErrors.duplicateLength;
        head.contentLength = Number(field.value);
        return null;
      case FieldUse.te:
        head.trailersAccepted = true;
        return null;
      case FieldUse.expect:
        if (head.expectContinue) return wireErrors.expectation;
        head.expectContinue = true;
        return this.#keep(field);
      case FieldUse.dropped:
        return null;
      default:
        return wireErrors.latePseudo;
    }
  }

  #keep(field: Field): null {
    this.#head.fields[this.#kept++] = field;
    return null;
  }

  /** Crumbs become one field, where the first was (RFC 9113 §8.2.3). */
  #addCookie(field: Field): null {
    if (this.#cookie < 0) {
      this.#cookie = this.#kept;
      return this.#keep(field);
    }
    const { fields } = this.#head;
    fields[this.#cookie] = new Field(names.cookie, `${fields[this.#cookie]!.value}; ${field.value}`);
    return null;
  }

  /** What the section says as a whole. */
  #finish(end: boolean): WireError | null {
    if (this.#method === FieldUse.connect) {
      const error = this.#connect();
      if (error !== null) return error;
    } else if (this.#protocol) return wireErrors.unknownPseudo;
    if (this.#method === 0 || this.#path === 0 || !this.#scheme) return wireErrors.missingPseudo;
    if (this.#path === FieldUse.asterisk && this.#head.method !== 'OPTIONS') return wireErrors.target;
    if (this.#head.path.length > this.#rules.maxTargetBytes) return wireErrors.targetLength;
    if (this.#head.expectContinue && (end || this.#protocol)) this.#dropExpect();
    return this.#findAuthority();
  }

  /** Without `:protocol` it asks for a tunnel (RFC 9113 §8.5), which is not offered. */
  #connect(): WireError | null {
    const head = this.#head;
    if (head.authority === '') return wireErrors.missingPseudo;
    if (!this.#protocol) return this.#scheme || this.#path !== 0 ? wireErrors.unknownPseudo : wireErrors.refusedMethod;
    if (!this.#rules.extendedConnect) return wireErrors.unknownPseudo;
    if (head.contentLength > 0) return wireErrors.upgradeWithBody;
    head.method = 'GET';
    head.upgrade = 'websocket';
    head.contentLength = -1;
    return null;
  }

  /** Without a body it asks for nothing (RFC 9110 §10.1.1). */
  #dropExpect(): void {
    const head = this.#head;
    head.expectContinue = false;
    head.fields = head.fields.filter((field) => field.name !== names.expect);
  }

  /** RFC 9113 §8.3.1: `:authority` and Host must not differ. */
  #findAuthority(): WireError | null {
    const head = this.#head;
    if (head.authority === '') {
      head.authority = this.#host;
      return this.#host === '' ? wireErrors.missingHost : null;
    }
    if (this.#host === '' || sameAuthority(this.#host, head.authority, head.scheme)) return null;
    return wireErrors.hostMismatch;
  }
}

/** Between requests. */
const noRequest: RequestHead = new RequestHead('', 'http', '', '', []);
const reader: RequestReader = new RequestReader();
