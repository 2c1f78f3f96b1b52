import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { checkManifest, clientTrafficFields, placedFields, readClientTraffic } from '@fairlead/resources';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { defaultSettings } from '../settings.ts';
import { generatedFiles } from './generated-files.ts';

const root = resolve(import.meta.dirname, '../../../..');
const target = { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'edge' };

describe('generated files', () => {
  it.each([...generatedFiles()])('%s is what `npm run generate` makes', (path, text) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(text);
  });

  it('have an example that is good', () => {
    const doc = generatedFiles().get('docs/client-traffic-policy.md')!;
    const example = parse(/```yaml\n(.*?)```/s.exec(doc)![1]!) as { readonly spec: object };
    expect(checkManifest(example)).toEqual([]);
    expect(readClientTraffic(example.spec).problems).toEqual([]);
  });
});

/** Names of all settings, `http2.pingIdleMs` for nested ones. */
function leaves(settings: object, prefix: string = ''): readonly string[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    typeof value === 'object' && !Array.isArray(value) ? leaves(value, `${prefix}${name}.`) : [`${prefix}${name}`],
  );
}

/** A value that a policy may have, and that is not the default. */
const samples = {
  duration: '7s',
  size: '65536',
  count: 7,
  percent: '7%',
  networks: ['10.0.0.0/8'],
  texts: ['batch/'],
} as const;

describe('ClientTrafficPolicy', () => {
  const fields = placedFields(clientTrafficFields);

  it('sets everything there is to set, once', () => {
    expect(fields.map(({ field }) => field.setting).sort()).toEqual([...leaves(defaultSettings.downstream)].sort());
  });

  it.each(fields.map((placed) => [placed.path.join('.'), placed] as const))('%s is of its type', (_, placed) => {
    const { path, field } = placed;
    const [word] = Object.keys(field.value.type === 'choice' ? field.value.choices : {}).slice(-1);
    const sample: unknown = field.value.type === 'choice' ? word : samples[field.value.type];
    const spec = path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), sample) as object;
    const manifest = {
      apiVersion: 'fairlead.dev/v1alpha1',
      kind: 'ClientTrafficPolicy',
      metadata: { name: 'a' },
      spec: { targetRefs: [target], ...spec },
    };
    expect(checkManifest(manifest)).toEqual([]);
    const { settings, problems } = readClientTraffic(manifest.spec);
    expect(problems).toEqual([]);
    expect(leaves(settings)).toEqual([field.setting]);
    const read = (from: object): unknown =>
      field.setting.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], from);
    expect(typeof read(settings)).toBe(typeof read(defaultSettings.downstream));
    expect(Array.isArray(read(settings))).toBe(Array.isArray(read(defaultSettings.downstream)));
  });
});
