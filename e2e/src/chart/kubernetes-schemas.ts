import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

type Schema = { readonly [field: string]: unknown };

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

interface OpenApi {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Definition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

const kubernetesModule = resolve(import.meta.dirname, '../../cluster/kubernetes');

/** Where the sources of Kubernetes are whose cluster the suites bring up; null when Go has not fetched them. */
export function findKubernetesSources(): string | null {
  try {
    const env = { ...process.env, GOFLAGS: '-mod=mod', GOPROXY: 'off', GOTOOLCHAIN: 'local' };
    const args = ['list', '-m', '-f', '{{.Dir}}', 'k8s.io/kubernetes'];
    const found = execFileSync('go', args, {
      cwd: kubernetesModule,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const directory = found.trim();
    return existsSync(join(directory, openApiFolder)) ? directory : null;
  } catch {
    return null;
  }
}

const openApiFolder = 'api/openapi-spec/v3';

/**
 * Writes a JSON schema for each kind of Kubernetes' own API groups among `kinds` (`apps/v1 Deployment`), as kubeconform looks for them
 * (`schemaLocation`). Unknown fields are errors.
 */
export function writeKubernetesSchemas(sources: string, kinds: ReadonlySet<string>, directory: string): void {
  mkdirSync(directory, { recursive: true });
  const folder = join(sources, openApiFolder);
  for (const file of readdirSync(folder).filter((name) => /^apis?__.*v\d+_openapi\.json$/.test(name))) {
    const { components } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as OpenApi;
    for (const [name, schema] of Object.entries(components.schemas)) {
      for (const one of (schema['x-kubernetes-group-version-kind'] ?? []) as readonly GroupVersionKind[]) {
        if (!kinds.has(`${one.group === '' ? '' : `${one.group}/`}${one.version} ${one.kind}`)) continue;
        const closed = { components: { schemas: mapValues(components.schemas, closeObjects) } };
        writeSchema(directory, one, { $ref: `#/components/schemas/${name}`, ...closed });
      }
    }
  }
}

/** The same for the kinds that a CustomResourceDefinition defines. */
export function writeDefinedSchemas(definitionFile: string, directory: string): void {
  mkdirSync(directory, { recursive: true });
  const { spec } = parse(readFileSync(definitionFile, 'utf8')) as Definition;
  for (const { name, schema } of spec.versions) {
    const { openAPIV3Schema } = schema;
    const properties = { ...(openAPIV3Schema.properties as Schema), metadata: { type: 'object' } };
    const closed = closeObjects({ ...openAPIV3Schema, properties });
    writeSchema(directory, { group: spec.group, version: name, kind: spec.names.kind }, closed);
  }
}

/** For kubeconform's `-schema-location`. */
export function schemaLocation(directory: string): string {
  return join(directory, '{{.ResourceKind}}{{.KindSuffix}}.json');
}

/** `apps/v1` becomes `-apps-v1`, `networking.k8s.io/v1` `-networking-v1`: the first part of a group is what kubeconform keeps. */
function writeSchema(directory: string, { group, version, kind }: GroupVersionKind, schema: Schema): void {
  const suffix = [group.split('.')[0]!, version].filter((part) => part !== '').join('-');
  writeFileSync(join(directory, `${kind}-${suffix}.json`.toLowerCase()), JSON.stringify(schema));
}

/** Objects take no fields but those that they name, as the API server does with strict validation. */
function closeObjects(schema: Schema): Schema {
  const inner = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === 'properties' ? mapValues(value as Schema, closeUnknown) : closeUnknown(value),
    ]),
  );
  const isOpen = schema.properties === undefined || 'additionalProperties' in schema || isKept(schema);
  return isOpen ? inner : { ...inner, additionalProperties: false };
}

function isKept(schema: Schema): boolean {
  return schema['x-kubernetes-preserve-unknown-fields'] === true;
}

function closeUnknown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closeUnknown);
  return typeof value === 'object' && value !== null ? closeObjects(value as Schema) : value;
}

function mapValues<T>(values: Readonly<Record<string, T>>, change: (value: T) => unknown): Schema {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}
