import type { SchemaPath } from '@fairlead/resources';
import { ManifestFolder } from './manifest-folder.ts';
import type { SourceLocation, SourceUpdate } from './source-update.ts';

export interface LoadedDirectory extends SourceUpdate {
  /** Where the field at `path` of an object is written, or the nearest field around it. Null for an object that is not in use. */
  locate(kind: string, namespace: string, name: string, path?: SchemaPath): SourceLocation | null;
}

/** Reads a folder of manifests once. */
export function loadDirectory(dir: string): LoadedDirectory {
  const folder = new ManifestFolder(dir);
  folder.scan();
  return { ...folder.update, locate: (kind, namespace, name, path) => folder.locate(kind, namespace, name, path) };
}
