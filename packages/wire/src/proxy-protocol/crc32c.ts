/** Castagnoli's polynomial (RFC 3720 §12.1), bits reversed. */
const polynomial = 0x82f63b78;

const table: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ polynomial;
  return crc;
});

/** CRC-32C of all octets, those of `[zeroStart, zeroEnd)` taken as 0. */
export function crc32c(bytes: Uint8Array, zeroStart: number = 0, zeroEnd: number = 0): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) {
    const byte = i >= zeroStart && i < zeroEnd ? 0 : bytes[i]!;
    crc = (crc >>> 8) ^ table[(crc ^ byte) & 255]!;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
