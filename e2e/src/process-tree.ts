import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second. */
const ticksPerSecond = 100;
const pageBytes = 4_096;

/** CPU time in seconds, user and system, of a process with its threads and descendants, ended children included. */
export function cpuSeconds(pid: number): number {
  let ticks = 0;
  for (const member of tree(pid)) {
    const fields = statFields(member);
    // utime, stime, cutime, cstime: fields 14 to 17 of proc(5), counted here from the third.
    for (let i = 11; i <= 14; i++) ticks += Number(fields[i]);
  }
  return ticks / ticksPerSecond;
}

/** Resident memory in bytes, of a process and its descendants. */
export function residentBytes(pid: number): number {
  let pages = 0;
  for (const member of tree(pid)) pages += Number(readFileSync(`/proc/${member}/statm`, 'utf8').split(' ')[1]);
  return pages * pageBytes;
}

function tree(pid: number): readonly number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(tree)];
}

/** From the third field on: the second is the program's name, which may hold spaces and parentheses. */
function statFields(pid: number): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
