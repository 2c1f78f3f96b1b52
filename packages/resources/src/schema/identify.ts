import { nearestOf } from './did-you-mean.ts';
import { type KindInfo, kinds, supportedVersions } from './kinds.ts';
import type { SchemaProblem } from './schema-problem.ts';

/** Which object a manifest is about, as far as it can be told; the rest of it may be wrong in any way. */
export type Identified =
  /** `problem`: its apiVersion is not one that is read. */
  | {
      readonly as: 'known';
      readonly info: KindInfo;
      /** '' when it names none. */
      readonly namespace: string;
      readonly name: string;
      readonly problem: SchemaProblem | null;
    }
  /** Somebody else's kind, with a warning. */
  | { readonly as: 'ignored'; readonly problem: SchemaProblem }
  /** It may have been meant as anything. */
  | { readonly as: 'unknown'; readonly problem: SchemaProblem };

export function identifyManifest(manifest: unknown): Identified {
  if (!isMap(manifest))
    return unknown([], `must be a Kubernetes object with apiVersion and kind, not ${describe(manifest)}`);
  const { apiVersion, kind, metadata } = manifest;
  if (typeof kind !== 'string' || kind === '')
    return unknown(['kind'], 'is required; a Kubernetes object has apiVersion and kind');
  if (typeof apiVersion !== 'string' || apiVersion === '') return unknown(['apiVersion'], required(kind));
  const info = kinds.get(kind);
  if (info === undefined) return foreignKind(kind, apiVersion);
  const [group, version] = splitApiVersion(apiVersion);
  if (group !== info.group && isOtherGroup(group, info))
    return ignored(`kind ${kind} of ${apiVersion} is not read by Fairlead`);
  const problem = group === info.group && info.versions.includes(version) ? null : wrongVersion(info, apiVersion);
  const name = isMap(metadata) ? metadata.name : undefined;
  if (typeof name !== 'string' || name === '') return unknown(['metadata', 'name'], 'is required');
  const namespace = (metadata as Fields).namespace;
  return { as: 'known', info, namespace: typeof namespace === 'string' ? namespace : '', name, problem };
}

type Fields = Readonly<Record<string, unknown>>;

export function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `a string`, `a list`, …: for messages. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return typeof value === 'boolean' ? `the boolean ${value}` : `a ${typeof value}`;
}

function splitApiVersion(apiVersion: string): readonly [group: string, version: string] {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
}

/** Others may have a Gateway or Service of their own; but a forgotten group, or a mistyped one, is a mistake. */
function isOtherGroup(group: string, info: KindInfo): boolean {
  if (group === '') return false;
  return info.group === '' || nearestOf(group, [info.group]) === null;
}

/** Kinds that look like mistyped ones of ours. */
const unread: ReadonlySet<string> = new Set(['TLSRoute', 'TCPRoute', 'UDPRoute', 'ListenerSet']);

function foreignKind(kind: string, apiVersion: string): Identified {
  const [group] = splitApiVersion(apiVersion);
  const inGroup = [...kinds.values()].filter((info) => info.group === group).map((info) => info.kind);
  const meant = nearestOf(kind, inGroup);
  if (meant !== null && !unread.has(kind))
    return unknown(['kind'], `kind ${kind} does not exist in ${apiVersion}; did you mean ${meant}?`);
  return ignored(`kind ${kind} of ${apiVersion} is not read by Fairlead`);
}

function required(kind: string): string {
  const info = kinds.get(kind);
  return info === undefined ? 'is required' : `is required; use ${supportedVersions(info)}`;
}

function wrongVersion(info: KindInfo, apiVersion: string): SchemaProblem {
  const message = `${JSON.stringify(apiVersion)} is not supported for kind ${info.kind}; use ${supportedVersions(info)}`;
  return { path: ['apiVersion'], message, severity: 'error' };
}

function unknown(path: SchemaProblem['path'], message: string): Identified {
  return { as: 'unknown', problem: { path, message, severity: 'error' } };
}

/** Without a path, so that its line is found without parsing: a folder may hold thousands of them. */
function ignored(message: string): Identified {
  return { as: 'ignored', problem: { path: [], message, severity: 'warning' } };
}
