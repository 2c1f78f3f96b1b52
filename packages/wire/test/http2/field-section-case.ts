import type { RequestRules } from '../../src/http2/heads/request-rules.ts';
import type { RawField } from './raw-block.ts';

/** A field section and what must come of it: `describeRequest`'s, `describeResponse`'s or `describeTrailers`' notation. */
export interface FieldSectionCase {
  readonly name: string;
  readonly want: string;
  readonly fields: readonly RawField[];
  readonly end: boolean;
  readonly rules: Partial<RequestRules>;
}

export function of(
  want: string,
  name: string,
  fields: readonly RawField[],
  more: Partial<RequestRules> & { readonly body?: boolean } = {},
): FieldSectionCase {
  const { body = false, ...rules } = more;
  return { name, want, fields, end: !body, rules };
}

const method: RawField = [':method', 'GET'];
const scheme: RawField = [':scheme', 'http'];
const path: RawField = [':path', '/'];
const authority: RawField = [':authority', 'a'];

/** A whole GET, with more behind. */
export function get(...more: readonly RawField[]): RawField[] {
  return [method, scheme, path, authority, ...more];
}

/** The same with one pseudo field's value replaced. */
export function withPseudo(name: string, value: string): RawField[] {
  return get().map(([known, text]) => [known, known === name ? value : text]);
}

/** A GET that lacks a pseudo field, with more behind. */
export function withoutPseudo(name: string, ...more: readonly RawField[]): RawField[] {
  return [...get().filter(([known]) => known !== name), ...more];
}

export function ok(...more: readonly RawField[]): RawField[] {
  return [[':status', '200'], ...more];
}
