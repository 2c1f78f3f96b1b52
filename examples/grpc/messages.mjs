/** As little of gRPC as the example needs: a message with one text, as field 1, of less than 120 octets. */

const textField = 0x0a;

/** Length-prefixed, as a gRPC body wants it. */
export function encode(text) {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([0, 0, 0, 0, bytes.length + 2, textField, bytes.length]), bytes]);
}

export function decode(message) {
  return message.length > 7 ? message.subarray(7, 7 + message[6]).toString() : '';
}
