/** Runs the task for each item, at most `parallel` at a time, in order of their start. Throws the first failure after all have ended. */
export async function inParallel<T>(
  items: readonly T[],
  parallel: number,
  run: (item: T) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) await run(items[next++]!);
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(parallel, items.length) }, lane));
  for (const end of lanes) if (end.status === 'rejected') throw end.reason;
}
