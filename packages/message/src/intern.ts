import { Field } from './field.ts';
import { NameInfo, NameKind } from './name-info.ts';

/** Names that peers invent are kept while fewer than this many names are known. */
const maxPeerNames = 8_192;
const maxValuesPerName = 1_024;
/** Fields kept for all names together: about 4 MiB of values at most, in each thread. */
const maxFields = 8_192;
/** Longer values hardly repeat. */
const maxValueLength = 512;

const byText = new Map<string, NameInfo>();
const holders: NameInfo[] = [];
let keptFields = 0;

/**
 * The one `NameInfo` of a name that our code or the configuration speaks of, whatever its case; kept for ever. For names that peers send there
 * is `internPeerName`.
 */
export function internName(text: string): NameInfo {
  const known = lookUp(text);
  if (known !== undefined) return known;
  return defineName(text.toLowerCase(), NameKind.ordinary, 0, true);
}

/**
 * The `NameInfo` of a name that a peer sent. Once 8,192 names are known, one that is not among them gets a fresh object that equals no other
 * and must not outlive its message (`isInterned`): a later configuration may intern the same name, and has to be matched.
 */
export function internPeerName(text: string): NameInfo {
  const known = lookUp(text);
  if (known !== undefined) return known;
  if (byText.size < maxPeerNames) return internName(text);
  return new NameInfo(text.toLowerCase(), NameKind.ordinary, 0, true);
}

/** Whether this object stands for its name for ever. */
export function isInterned(name: NameInfo): boolean {
  return byText.get(name.name) === name;
}

function lookUp(text: string): NameInfo | undefined {
  return byText.get(text) ?? byText.get(text.toLowerCase());
}

/** For the table of well-known names, at load time. */
export function defineName(name: string, kind: NameKind, hpackIndex: number, internValues: boolean): NameInfo {
  const info = new NameInfo(name, kind, hpackIndex, internValues);
  byText.set(name, info);
  return info;
}

/**
 * A field whose object is shared with earlier messages where its value repeats; values of secrets never are. A name that has collected 1,024
 * values starts over, as all do at 8,192 fields: what peers send can neither grow the tables nor keep others out of them.
 */
export function internField(name: NameInfo, value: string): Field {
  if (!name.internValues || value.length > maxValueLength || !isInterned(name)) return new Field(name, value);
  const known = name.values?.get(value);
  if (known !== undefined) return known;
  const field = new Field(name, value);
  valuesOf(name).set(value, field);
  keptFields++;
  return field;
}

/** The name's values, with room for one more. */
function valuesOf(name: NameInfo): Map<string, Field> {
  if (keptFields >= maxFields) forgetFields();
  if (name.values === null) {
    name.values = new Map();
    holders.push(name);
  } else if (name.values.size >= maxValuesPerName) {
    keptFields -= name.values.size;
    name.values.clear();
  }
  return name.values;
}

function forgetFields(): void {
  for (const name of holders) name.values = null;
  holders.length = 0;
  keptFields = 0;
}
