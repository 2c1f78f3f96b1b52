import type { RequestMirror } from '@fairlead/routing';

/** Which requests are mirrored to a backend: `numerator` of every `denominator`, spread evenly. */
export class MirrorShare {
  /** `Backend.id`. */
  readonly backend: string;
  readonly #numerator: number;
  readonly #denominator: number;
  #owed: number = 0;

  constructor(mirror: RequestMirror) {
    this.backend = mirror.backend;
    this.#numerator = mirror.numerator;
    this.#denominator = mirror.denominator;
  }

  /** Whether the next request is mirrored. */
  take(): boolean {
    this.#owed += this.#numerator;
    if (this.#owed < this.#denominator) return false;
    this.#owed -= this.#denominator;
    return true;
  }
}
