import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { OwnCluster } from '../cluster/own-cluster.ts';
import { which } from '../debian-tools.ts';

/** An object as a chart renders it. */
export interface ChartObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

export const chartFolder: string = resolve(import.meta.dirname, '../../../helm/fairlead');

export interface Rendering {
  /** By default `fairlead`. */
  readonly release?: string;
  /** As in a values file. */
  readonly values?: object;
}

/** The program `name` of this machine, or of those that `e2e/cluster/build.sh` builds; null when there is none. */
export function findTool(name: 'helm' | 'kubeconform' | 'kubectl'): string | null {
  const built = join(new OwnCluster().programs, name);
  return which(name) ?? (existsSync(built) ? built : null);
}

/** What `helm template` makes of the chart, CRDs included, for namespace `fairlead-system`. Throws with what Helm said. */
export function renderChart(
  helm: string,
  { release = 'fairlead', values = {} }: Rendering = {},
): readonly ChartObject[] {
  const scratch = mkdtempSync(join(tmpdir(), 'fairlead-chart-'));
  try {
    const file = join(scratch, 'values.json');
    writeFileSync(file, JSON.stringify(values));
    const args = [
      'template',
      release,
      chartFolder,
      '--namespace',
      'fairlead-system',
      '--include-crds',
      '--values',
      file,
    ];
    return parseObjects(execFileSync(helm, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** Complaints of `helm lint --strict`; empty when there are none. */
export function lintChart(helm: string): string {
  const { status, stdout, stderr } = spawnSync(helm, ['lint', '--strict', chartFolder], { encoding: 'utf8' });
  return status === 0 ? '' : stdout + stderr;
}

function parseObjects(text: string): readonly ChartObject[] {
  const documents = [...parseAllDocuments(text, { uniqueKeys: true })];
  const broken = documents.flatMap(({ errors }) => errors)[0];
  if (broken !== undefined) throw broken;
  return documents.map((one) => one.toJS() as ChartObject | null).filter((one) => one !== null);
}
