import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { PrepareContext, SuiteContext } from '../suite.ts';

const root = resolve(import.meta.dirname, '../../../..');
export const chart: string = resolve(root, 'helm/fairlead');

export async function prepareFairlead(_: PrepareContext): Promise<void> {}

export async function withFairlead(_context: SuiteContext, run: () => Promise<void>): Promise<void> {
  if (!existsSync(chart)) throw new Error('helm/fairlead is not there');
  await run();
}
