/** `npm run image`: makes the container image of this checkout. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildImage, buildImageDirectory } from './build-image.ts';

const usage = `usage: npm run image -- --output FILE [--name NAME]… [--compress]
       npm run image -- --directory DIR

Makes the container image of this checkout, on Linux, without any container tool.

  --output FILE    an OCI archive: for ctr images import, podman load, skopeo copy oci-archive:FILE
  --name NAME      with registry and tag; may be repeated (default: localhost/fairlead:dev)
  --compress       gzip the layers, for a registry
  --directory DIR  the files of the image, for the Containerfile`;

const root = resolve(import.meta.dirname, '../../..');
process.exitCode = await main();

async function main(): Promise<number> {
  const { output, name: names, compress, directory } = parseFlags();
  if (output !== undefined) await buildImage({ root, names, compress, output: resolve(output) });
  else if (directory !== undefined) await buildImageDirectory(root, resolve(directory));
  else {
    console.error(usage);
    return 2;
  }
  console.error(`made ${output ?? directory}`);
  return 0;
}

function parseFlags() {
  const { values } = parseArgs({
    options: {
      output: { type: 'string' },
      name: { type: 'string', multiple: true, default: ['localhost/fairlead:dev'] },
      compress: { type: 'boolean', default: false },
      directory: { type: 'string' },
    },
  });
  return values;
}
