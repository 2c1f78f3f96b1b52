import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100;

/** Processes of a pod, found by its uid in their cgroups; only of a cluster on this machine. */
export function processesOfPod(uid: string): readonly number[] {
  const names = [`pod${uid}`, `pod${uid.replaceAll('-', '_')}`];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => names.some((name) => readOrNothing(`/proc/${pid}/cgroup`).includes(name)))
    .map(Number);
}

export interface ProcessUse {
  readonly residentBytes: number;
  /** CPU time so far, in seconds: of the first thread, which is the control plane, and of all others. */
  readonly mainSeconds: number;
  readonly otherSeconds: number;
}

/** Of the largest process among them: a pod's others are its sandbox and probes. Null when all are gone. */
export function useOf(pids: readonly number[]): ProcessUse | null {
  const uses = pids.map(processUse).filter((use) => use !== null);
  return uses.sort((a, b) => b.residentBytes - a.residentBytes)[0] ?? null;
}

function processUse(pid: number): ProcessUse | null {
  const resident = /^VmRSS:\s+(\d+) kB/m.exec(readOrNothing(`/proc/${pid}/status`))?.[1];
  if (resident === undefined) return null;
  let mainSeconds = 0;
  let otherSeconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const seconds = threadSeconds(readOrNothing(`/proc/${pid}/task/${thread}/stat`));
    if (Number(thread) === pid) mainSeconds += seconds;
    else otherSeconds += seconds;
  }
  return { residentBytes: Number(resident) * 1_024, mainSeconds, otherSeconds };
}

/** utime and stime, fields 14 and 15 of proc(5); the second field may hold spaces. */
function threadSeconds(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticksPerSecond;
}

/** Processes and threads end while they are looked at. */
function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
