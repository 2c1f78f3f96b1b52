import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `check` does not throw and does not give false; then gives what it gave. Rejects with its last error after `withinMs`. */
export async function eventually<T>(check: () => T, withinMs: number = 8_000): Promise<Exclude<T, false>> {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    try {
      const value = check();
      if (value !== false) return value as Exclude<T, false>;
      if (performance.now() > untilMs) throw new Error(`not within ${withinMs} ms: ${check}`);
    } catch (error) {
      if (performance.now() > untilMs) throw error;
    }
    await sleep(5);
  }
}
