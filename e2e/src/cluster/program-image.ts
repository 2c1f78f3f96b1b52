/** Makes an image that holds one static program: for e2e/cluster/build.sh. */
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { ImageTree } from '../image/image-tree.ts';
import { writeOciArchive } from '../image/oci-archive.ts';

const { values, positionals } = parseArgs({
  options: {
    output: { type: 'string' },
    /** With registry and tag; may be repeated. */
    name: { type: 'string', multiple: true },
    user: { type: 'string', default: '' },
  },
  allowPositionals: true,
});
const [program] = positionals;
if (program === undefined || values.output === undefined || values.name === undefined) {
  console.error('usage: program-image.ts --output FILE --name NAME… [--user UID:GID] PROGRAM');
  process.exit(2);
}
const tree = new ImageTree();
tree.addFile(basename(program), { path: program }, 0o755);
await writeOciArchive({
  layers: [tree],
  config: {
    Entrypoint: [`/${basename(program)}`],
    Cmd: [],
    Env: [],
    User: values.user,
    WorkingDir: '/',
    ExposedPorts: {},
    Labels: {},
  },
  names: values.name,
  compress: false,
  output: values.output,
});
