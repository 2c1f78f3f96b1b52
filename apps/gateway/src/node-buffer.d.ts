/** Methods of Node's Buffer without the look-up of an encoding by name; old, stable, and missing in its types. */
interface Buffer<TArrayBuffer extends ArrayBufferLike = ArrayBufferLike> extends Uint8Array<TArrayBuffer> {
  latin1Slice(start?: number, end?: number): string;
  latin1Write(text: string, offset?: number, length?: number): number;
  hexSlice(start?: number, end?: number): string;
}
