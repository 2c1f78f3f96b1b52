import { chmodSync, copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageTree } from './image-tree.ts';

/** Puts what is in `tree` below `directory`, over what is there. */
export function unpack(tree: Pick<ImageTree, 'entries'>, directory: string): void {
  for (const [path, entry] of tree.entries) {
    const to = join(directory, path);
    if (entry.is === 'directory') {
      mkdirSync(to, { recursive: true });
      chmodSync(to, entry.mode);
      continue;
    }
    rmSync(to, { force: true });
    if (entry.is === 'link') symlinkSync(entry.target, to);
    else {
      if (Buffer.isBuffer(entry.content)) writeFileSync(to, entry.content);
      else copyFileSync(entry.content.path, to);
      chmodSync(to, entry.mode);
    }
  }
}
