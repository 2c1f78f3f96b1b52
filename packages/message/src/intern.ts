import { Field } from './field.ts';
import { NameInfo, NameKind } from './name-info.ts';

/** Names that clients invent are kept up to this many; beyond it each gets an object that equals no other. */
const maxNames = 8_192;
const maxValuesPerName = 8_192;
/** Longer values hardly repeat. */
const maxValueLength = 512;

const byText = new Map<string, NameInfo>();

/**
 * The one `NameInfo` of a field name, whatever its case. Names are never forgotten, so what configuration names (it is read before the
 * first request) always has its identity; a flood of invented names cannot push it out.
 */
export function internName(text: string): NameInfo {
  const known = byText.get(text);
  if (known !== undefined) return known;
  const name = text.toLowerCase();
  return name === text ? addName(name) : (byText.get(name) ?? addName(name));
}

function addName(name: string): NameInfo {
  const info = new NameInfo(name, NameKind.ordinary, 0, true);
  if (byText.size < maxNames) byText.set(name, info);
  return info;
}

/** For the table of well-known names, at load time. */
export function defineName(name: string, kind: NameKind, hpackIndex: number, internValues: boolean): NameInfo {
  const info = new NameInfo(name, kind, hpackIndex, internValues);
  byText.set(name, info);
  return info;
}

/** A field whose object is shared with earlier messages where its value repeats; values of secrets never are. */
export function internField(name: NameInfo, value: string): Field {
  if (!name.internValues || value.length > maxValueLength) return new Field(name, value);
  const values = name.values ?? new Map<string, Field>();
  name.values = values;
  const known = values.get(value);
  if (known !== undefined) return known;
  const field = new Field(name, value);
  if (values.size >= maxValuesPerName) values.clear();
  values.set(value, field);
  return field;
}
