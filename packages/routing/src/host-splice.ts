import type { HostSplice } from './diff.ts';
import { isSame } from './same.ts';
import type { HostTable } from './table.ts';

/** The run of entries that differs between two versions of one host table; null when it is most of them and the table is better sent whole. */
export function spliceBetween(before: HostTable, now: HostTable): HostSplice | null {
  const shorter = Math.min(before.entries.length, now.entries.length);
  const start = commonStart(before, now, shorter);
  const ending = commonEnd(before, now, shorter - start);
  const insert = now.entries.slice(start, now.entries.length - ending);
  if (insert.length > now.entries.length / 2) return null;
  return { key: now.key, start, deleteCount: before.entries.length - start - ending, insert };
}

function commonStart(before: HostTable, now: HostTable, limit: number): number {
  let i = 0;
  while (i < limit && isSame(before.entries[i], now.entries[i])) i++;
  return i;
}

function commonEnd(before: HostTable, now: HostTable, limit: number): number {
  let i = 0;
  while (i < limit && isSame(before.entries.at(-1 - i), now.entries.at(-1 - i))) i++;
  return i;
}
