import { availableParallelism, cpus, release, totalmem } from 'node:os';

/** The shape of the machine; nothing that names it. */
export interface Machine {
  readonly model: string;
  readonly cpus: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
}

export function describeMachine(): Machine {
  return {
    model: cpus()[0]?.model.trim() ?? 'unknown',
    cpus: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release().split('.', 2).join('.'),
    node: process.version,
  };
}
