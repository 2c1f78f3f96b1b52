/** Where this package says what happens: fields first, then the words, as pino takes them. */
export interface KubeLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
