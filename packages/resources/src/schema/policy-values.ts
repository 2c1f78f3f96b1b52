import type { SchemaPath } from './schema-problem.ts';

/** What a field of a policy of ours says, and how it is written. Plain data: the check, the CRD and the documentation are made from it. */
export type PolicyValue =
  /** GEP-2257. `off`: `0s` is allowed too, and means never. */
  | { readonly type: 'duration'; readonly min: string; readonly max: string; readonly off: boolean }
  /** Octets as a `resource.Quantity`: `65536`, `"64Ki"`. */
  | { readonly type: 'size'; readonly min: number; readonly max: number }
  | { readonly type: 'count'; readonly min: number; readonly max: number }
  /** From `0%` to `100%`, with up to six decimals. */
  | { readonly type: 'percent' }
  /** Words of the API with what they mean. */
  | { readonly type: 'choice'; readonly choices: Readonly<Record<string, string | boolean>> }
  /** IP addresses and CIDRs. */
  | { readonly type: 'networks'; readonly maxItems: number }
  | { readonly type: 'texts'; readonly maxItems: number; readonly maxLength: number };

export interface PolicyField {
  /** The setting of the data plane, `http2.pingIdleMs`. */
  readonly setting: string;
  readonly value: PolicyValue;
  /** Sentences for the CRD and the documentation. */
  readonly meaning: string;
}

export interface PolicyGroup {
  readonly meaning: string;
  readonly members: Readonly<Record<string, PolicyGroup | PolicyField>>;
}

/** A field with where it stands. */
export interface PlacedField {
  /** Below `spec`. */
  readonly path: readonly string[];
  readonly field: PolicyField;
}

/** All fields within `group`, in its order. */
export function placedFields({ members }: PolicyGroup, path: readonly string[] = []): readonly PlacedField[] {
  return Object.entries(members).flatMap(([name, member]) =>
    'members' in member ? placedFields(member, [...path, name]) : [{ path: [...path, name], field: member }],
  );
}

/** A value as the data plane wants it (milliseconds, octets, 0 to 1), or what it must be instead, with the place within a list. */
export type ReadValue = { readonly value: unknown } | { readonly error: string; readonly path: SchemaPath };

export const quantityPattern = '^[0-9]{1,12}(Ki|Mi|Gi|k|M|G)?$';
export const percentPattern = '^(100|[0-9]{1,2}(\\.[0-9]{1,6})?)%$';
export const durationPattern = '^([0-9]{1,5}(h|m|s|ms)){1,4}$';

export function readPolicyValue(raw: unknown, as: PolicyValue): ReadValue {
  switch (as.type) {
    case 'duration':
      return readDuration(raw, as.min, as.max, as.off);
    case 'size':
      return within(toOctets(raw), as.min, as.max, 'octets such as 65536 or "64Ki"');
    case 'count':
      return within(Number.isInteger(raw) ? (raw as number) : null, as.min, as.max, 'a whole number');
    case 'percent':
      return good(toShare(raw)) ?? fail('must be a percentage such as "0.1%"');
    case 'choice':
      return typeof raw === 'string' && Object.hasOwn(as.choices, raw)
        ? { value: as.choices[raw] }
        : fail(`must be one of ${Object.keys(as.choices).join(', ')}`);
    case 'networks':
      return readNetworks(raw, as.maxItems);
    case 'texts':
      return readTexts(raw, as.maxItems, as.maxLength);
  }
}

function good(value: number | null): ReadValue | null {
  return value === null ? null : { value };
}

function fail(error: string, path: SchemaPath = []): ReadValue {
  return { error, path };
}

function within(value: number | null, min: number, max: number, what: string): ReadValue {
  if (value !== null && value >= min && value <= max) return { value };
  return fail(`must be ${what}, from ${min} to ${max}`);
}

function readDuration(raw: unknown, min: string, max: string, off: boolean): ReadValue {
  const ms = typeof raw === 'string' ? toMs(raw) : null;
  if (ms !== null && ((off && ms === 0) || (ms >= toMs(min)! && ms <= toMs(max)!))) return { value: ms };
  return fail(`must be a duration from ${min} to ${max}${off ? ', or 0s for never' : ''}`);
}

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

function toMs(text: string): number | null {
  if (!new RegExp(durationPattern).test(text)) return null;
  let sumMs = 0;
  for (const [, digits, unit] of text.matchAll(/([0-9]+)(ms|h|m|s)/g)) sumMs += Number(digits) * unitMs[unit!]!;
  return sumMs;
}

const suffixes: Readonly<Record<string, number>> = {
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

function toOctets(raw: unknown): number | null {
  if (Number.isInteger(raw)) return raw as number;
  if (typeof raw !== 'string' || !new RegExp(quantityPattern).test(raw)) return null;
  const digits = /^[0-9]+/.exec(raw)![0];
  return Number(digits) * (suffixes[raw.slice(digits.length)] ?? 1);
}

function toShare(raw: unknown): number | null {
  if (typeof raw !== 'string' || !new RegExp(percentPattern).test(raw)) return null;
  return Number(raw.slice(0, -1)) / 100;
}

function readNetworks(raw: unknown, maxItems: number): ReadValue {
  if (!Array.isArray(raw) || raw.length > maxItems) return fail(`must be a list of at most ${maxItems} entries`);
  const bad = raw.findIndex((entry) => typeof entry !== 'string' || !isNetwork(entry));
  return bad < 0 ? { value: raw } : fail('must be an IP address or a CIDR such as 10.0.0.0/8', [bad]);
}

const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

function isNetwork(text: string): boolean {
  const [, address = '', bits] = /^([^/]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  if (address.includes(':')) return isIpv6(address) && Number(bits ?? 0) <= 128;
  return ipv4.test(address) && Number(bits ?? 0) <= 32;
}

/** RFC 4291 §2.2, with a dotted IPv4 tail allowed; no zones. */
function isIpv6(text: string): boolean {
  const lastColon = text.lastIndexOf(':');
  const tail = text.slice(lastColon + 1);
  const hasIpv4 = tail.includes('.');
  if (hasIpv4 && !ipv4.test(tail)) return false;
  const halves = (hasIpv4 ? `${text.slice(0, lastColon)}:0:0` : text).split('::');
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (halves.length > 2 || !groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? groups.length <= 7 : groups.length === 8;
}

function readTexts(raw: unknown, maxItems: number, maxLength: number): ReadValue {
  if (!Array.isArray(raw) || raw.length > maxItems) return fail(`must be a list of at most ${maxItems} entries`);
  const bad = raw.findIndex((entry) => typeof entry !== 'string' || entry === '' || entry.length > maxLength);
  return bad < 0 ? { value: raw } : fail(`must be a text of 1 to ${maxLength} characters`, [bad]);
}
