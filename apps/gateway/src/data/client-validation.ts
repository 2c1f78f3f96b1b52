import type { ClientValidation } from '@fairlead/routing';

/**
 * True when a client that was checked as `a` demands was checked as `b` demands. By content: every update of a bind brings new objects for
 * settings that are the same.
 */
export function sameValidation(a: ClientValidation | null, b: ClientValidation | null): boolean {
  if (a === b) return true;
  if (a === null || b === null || a.mode !== b.mode || a.caPems.length !== b.caPems.length) return false;
  return a.caPems.every((pem, i) => pem === b.caPems[i]);
}
