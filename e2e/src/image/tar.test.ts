import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ImageTree } from './image-tree.ts';
import { tarOf } from './tar.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fairlead-tar-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const longName = `${'a/'.repeat(80)}${'ä'.repeat(60)}.js`;

function sampleTree(): ImageTree {
  const tree = new ImageTree();
  tree.addText('app/main.js', 'x'.repeat(513));
  tree.addFile('bin/program', { path: import.meta.filename }, 0o755);
  tree.addText(longName, 'far below');
  tree.addLink('lib/link', '../app/main.js');
  tree.addLink('lib/long', 'b'.repeat(120));
  tree.addDirectory('tmp', 0o1777);
  return tree;
}

async function bytesOf(tree: ImageTree): Promise<Buffer> {
  return buffer(Readable.from(tarOf(tree.entries)));
}

it('is read by tar as it was meant', async () => {
  writeFileSync(join(directory, 'x.tar'), await bytesOf(sampleTree()));
  execFileSync('tar', ['-xpf', 'x.tar', '--no-same-owner'], { cwd: directory });
  expect(readFileSync(join(directory, 'app/main.js'), 'utf8')).toBe('x'.repeat(513));
  expect(readFileSync(join(directory, 'bin/program'))).toEqual(readFileSync(import.meta.filename));
  expect(readFileSync(join(directory, longName), 'utf8')).toBe('far below');
  expect(readlinkSync(join(directory, 'lib/link'))).toBe('../app/main.js');
  expect(readlinkSync(join(directory, 'lib/long'))).toBe('b'.repeat(120));
  expect(lstatSync(join(directory, 'bin/program')).mode & 0o7777).toBe(0o755);
  expect(lstatSync(join(directory, 'app/main.js')).mode & 0o7777).toBe(0o644);
  expect(lstatSync(join(directory, 'tmp')).mode & 0o7777).toBe(0o1777);
});

it('has the same bytes for the same content, in whatever order it came', async () => {
  const once = new ImageTree();
  once.addText('a', '1');
  once.addText('b/c', '2');
  const again = new ImageTree();
  again.addText('b/c', '2');
  again.addText('a', '1');
  expect(await bytesOf(once)).toEqual(await bytesOf(again));
});
