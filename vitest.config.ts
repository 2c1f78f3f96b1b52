import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{packages,apps}/*/{src,test}/**/*.test.ts', '{bench,e2e}/src/**/*.test.ts', 'scripts/**/*.test.ts'],
    reporters: ['default', './scripts/total-reporter.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
