import { ownAdminPort } from './site.ts';

/** A metric of the gateway's own without labels. */
export async function ownMetric(name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${ownAdminPort}/metrics`)).text();
  const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Error(`${name} is missing from /metrics`);
  return Number(value);
}
