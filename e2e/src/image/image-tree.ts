/** What stands at a path of an image. Owner is always root; times are fixed, so that the same content gives the same bytes. */
export type ImageEntry =
  | { readonly is: 'directory'; readonly mode: number }
  | { readonly is: 'link'; readonly target: string }
  | { readonly is: 'file'; readonly mode: number; readonly content: FileContent };

/** Bytes, or the path of a file that has them. */
export type FileContent = Buffer | { readonly path: string };

const directoryMode = 0o755;

/** The files of one layer, by their path in the image without the leading slash. Directories above are made by themselves. */
export class ImageTree {
  readonly #entries = new Map<string, ImageEntry>();

  /** Parents stand before what is in them. */
  get entries(): readonly (readonly [path: string, entry: ImageEntry])[] {
    return [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  has(path: string): boolean {
    return this.#entries.has(path);
  }

  addDirectory(path: string, mode: number = directoryMode): void {
    this.#add(path, { is: 'directory', mode });
  }

  addFile(path: string, content: FileContent, mode: number = 0o644): void {
    this.#add(path, { is: 'file', mode, content });
  }

  addText(path: string, text: string): void {
    this.addFile(path, Buffer.from(text));
  }

  addLink(path: string, target: string): void {
    this.#add(path, { is: 'link', target });
  }

  #add(path: string, entry: ImageEntry): void {
    const parts = path.split('/');
    for (let i = 1; i < parts.length; i++) {
      const parent = parts.slice(0, i).join('/');
      if (!this.#entries.has(parent)) this.#entries.set(parent, { is: 'directory', mode: directoryMode });
    }
    this.#entries.set(path, entry);
  }
}
