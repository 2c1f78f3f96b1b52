/** Method of the unary calls that the fast backend answers; by its ending the backend knows the content type. */
export const grpcPath = '/helloworld.Greeter/SayHello.grpc';

/** A length-prefixed, uncompressed message with one short string in field 1, one character per octet. */
export function grpcMessage(text: string): string {
  const message = `\n${String.fromCharCode(text.length)}${text}`;
  return `\0\0\0\0${String.fromCharCode(message.length)}${message}`;
}
