import { Field, internName } from '@fairlead/message';

/** A field that configuration puts into messages: one object for all of them, so that its line is made once. */
export function configuredField(name: string, value: string): Field {
  return new Field(internName(name), value);
}
