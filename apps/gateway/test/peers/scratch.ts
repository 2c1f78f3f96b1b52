import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory for files that programs want to be given by name. */
export class Scratch {
  readonly path: string = mkdtempSync(join(tmpdir(), 'fairlead-peers-'));

  /** Returns where it is. */
  write(name: string, content: string | Buffer): string {
    const file = join(this.path, name);
    writeFileSync(file, content);
    return file;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
