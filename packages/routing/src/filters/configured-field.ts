import { Field, NameInfo, NameKind } from '@fairlead/message';

/** A field that configuration puts into messages: made once, so that its line is written once. */
export function configuredField(name: string, value: string): Field {
  return new Field(new NameInfo(name, NameKind.ordinary, 0, false), value);
}
