import type { Reporter, TestModule } from 'vitest/node';

/** Closes a run with one line of totals. A module that can't be loaded counts as one failed test. */
export default class TotalReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandled.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state] += 1;
      count.failed += module.errors().length;
    }
    const skipped = count.skipped + count.pending;
    // After vitest's own summary, so that it is the last line whoever reads it.
    process.on('exit', () => {
      console.log(`${count.passed} passed, ${count.failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
    });
  }
}
