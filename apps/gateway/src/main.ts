import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Types are stripped and code is compiled once, not at every start of a process or worker: that saves each thread half a second and 30 MiB.
// Beside the dependencies, not in the system's temporary directory: whoever can write there could give us code to run.
const cache = fileURLToPath(new URL('../../../node_modules/.cache/fairlead', import.meta.url));
enableCompileCache(cache);
process.env.NODE_COMPILE_CACHE = cache;
const { main } = await import('./cli/main.ts');
process.exit(await main(process.argv.slice(2)));
