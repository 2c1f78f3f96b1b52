import { isDeepStrictEqual } from 'node:util';
import {
  checkManifest,
  identifyManifest,
  type KindInfo,
  type KubeObject,
  type SchemaPath,
  type SchemaProblem,
  withoutNulls,
} from '@fairlead/resources';
import { LineCounter, parseDocument as parseYaml } from 'yaml';
import { findJsonError } from './json-error.ts';
import { notPlain, parsePlainYaml } from './plain-yaml.ts';
import { yamlOptions } from './positions.ts';

/** What one document of a file holds. Knows nothing of where in the file it stands, so it outlives edits elsewhere. */
export interface ParsedDocument {
  readonly text: string;
  readonly entries: readonly ManifestEntry[];
  /** It is no YAML (or JSON); there are no entries then. */
  readonly syntaxError: SyntaxProblem | null;
}

interface SyntaxProblem {
  /** Both 1-based, within the document's text. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** One object of a document: itself, or an item of a List. */
export interface ManifestEntry {
  /** Where in the document it stands: [] or `['items', 3]`. */
  readonly path: SchemaPath;
  /** Null when it is not told, or a kind that is not read. */
  readonly id: ManifestId | null;
  /** Null when it can't be used; its problems say why. */
  readonly object: KubeObject | null;
  /** It may have been meant as any object: nothing can be concluded from the absence of another. */
  readonly mistaken: boolean;
  /** Paths within the object. */
  readonly problems: readonly SchemaProblem[];
}

export interface ManifestId {
  readonly info: KindInfo;
  /** '' for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
  /** `namespace/name`, or the name alone. */
  readonly key: string;
  /** `HTTPRoute default/shop`: unique over all kinds. */
  readonly text: string;
}

/** Finds the object that is known by a `ManifestId.text`: what is equal to it keeps its identity. */
export type Known = (text: string) => KubeObject | undefined;

export function parseDocument(text: string, format: 'yaml' | 'json', known: Known): ParsedDocument {
  const read = format === 'json' ? readJson(text) : readYaml(text);
  if ('error' in read) return { text, entries: [], syntaxError: read.error };
  const entries: ManifestEntry[] = [];
  if (read.value !== null && read.value !== undefined) collectEntries(withoutNulls(read.value), [], known, entries);
  return { text, entries, syntaxError: null };
}

type Read = { readonly value: unknown } | { readonly error: SyntaxProblem };

function readYaml(text: string): Read {
  const plain = parsePlainYaml(text);
  if (plain !== notPlain) return { value: plain };
  const lineCounter = new LineCounter();
  try {
    const document = parseYaml(text, { lineCounter, ...yamlOptions });
    const error = document.errors[0];
    if (error === undefined) return { value: document.toJS() };
    const { line, col } = lineCounter.linePos(error.pos[0]);
    return { error: { line, column: col, message: withoutSource(error.message) } };
  } catch (error) {
    // Too many aliases, or nested deeper than the stack.
    return { error: { line: 1, column: 1, message: error instanceof Error ? error.message : String(error) } };
  }
}

/** Some messages repeat a piece of the text, which may be a secret. */
function withoutSource(message: string): string {
  return message.replace(/: ".*$/s, '');
}

function readJson(text: string): Read {
  if (text.trim() === '') return { value: null };
  try {
    return { value: JSON.parse(text) };
  } catch {
    const { offset, message } = findJsonError(text);
    const before = text.slice(0, offset).split('\n');
    return { error: { line: before.length, column: before.at(-1)!.length + 1, message } };
  }
}

const maxListDepth = 4;

function collectEntries(value: unknown, path: SchemaPath, known: Known, entries: ManifestEntry[]): void {
  const items = path.length < 2 * maxListDepth ? listItems(value) : null;
  if (items === null) entries.push(readEntry(value, path, known));
  else for (const [i, item] of items.entries()) collectEntries(item, [...path, 'items', i], known, entries);
}

/** The items of a `List`, or of a `SecretList` as `kubectl get -o json` may write it. */
function listItems(value: unknown): readonly unknown[] | null {
  const { kind, items, apiVersion } = (value ?? {}) as Record<string, unknown>;
  return typeof apiVersion === 'string' && typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items)
    ? items
    : null;
}

function readEntry(value: unknown, path: SchemaPath, known: Known): ManifestEntry {
  const identified = identifyManifest(value);
  if (identified.as !== 'known') {
    return { path, id: null, object: null, mistaken: identified.as === 'unknown', problems: [identified.problem] };
  }
  const id = toId(identified.info, identified.namespace, identified.name);
  const problems = checkManifest(value);
  const bad = problems.some(({ severity }) => severity === 'error');
  return {
    path,
    id,
    object: bad ? null : adopt(toObject(value as KubeObject, id), known(id.text)),
    mistaken: false,
    problems,
  };
}

function toId(info: KindInfo, namespace: string, name: string): ManifestId {
  const inNamespace = info.namespaced ? namespace || 'default' : '';
  const key = info.namespaced ? `${inNamespace}/${name}` : name;
  return { info, namespace: inNamespace, name, key, text: `${info.kind} ${key}` };
}

/** With the namespace that holds when none is written, and without the status, which is for others to read. */
function toObject(manifest: KubeObject, id: ManifestId): KubeObject {
  const { status: _, ...object } = manifest as KubeObject & { readonly status?: unknown };
  const { namespace: __, ...metadata } = manifest.metadata;
  return { ...object, metadata: id.info.namespaced ? { ...metadata, namespace: id.namespace } : metadata };
}

function adopt(object: KubeObject, before: KubeObject | undefined): KubeObject {
  return before !== undefined && isDeepStrictEqual(before, object) ? before : object;
}
