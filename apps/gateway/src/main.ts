import { enableCompileCache } from 'node:module';

// Types are stripped once, not at every start of a process or a worker.
enableCompileCache();
const { main } = await import('./cli/main.ts');
process.exit(await main(process.argv.slice(2)));
