import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

// Young generations grow to 48 MiB in each thread that allocates in bursts, and stay so. Compiling 5,000 routes is such a burst: the control
// thread keeps the first megabyte until it has done that (`give-back-memory.ts`); heaps made from here on, those of the workers, begin with four.
setFlagsFromString('--semi-space-growth-factor=1');
setFlagsFromString('--min-semi-space-size=4');

// Types are stripped and code is compiled once, not at every start of a process or worker: that saves each thread half a second and 30 MiB.
// Beside the dependencies, not in the system's temporary directory: whoever can write there could give us code to run.
const cache = fileURLToPath(new URL('../../../node_modules/.cache/fairlead', import.meta.url));
// Portable: the same for every user and folder, so that an image can bring it along.
enableCompileCache({ directory: cache, portable: true });
process.env.NODE_COMPILE_CACHE = cache;
process.env.NODE_COMPILE_CACHE_PORTABLE = '1';
const { main } = await import('./cli/main.ts');
process.exit(await main(process.argv.slice(2)));
