import type { RequestMirror } from '@fairlead/routing';

/**
 * Which requests are mirrored to a backend: exactly `numerator` of every `denominator`, chosen at random among them. Evenly spaced ones would
 * keep step with the weighted split, and half of the requests of a 1:1 split could all be of one backend.
 */
export class MirrorShare {
  /** `Backend.id`. */
  readonly backend: string;
  readonly #numerator: number;
  readonly #denominator: number;
  readonly #random: () => number;
  /** Of the current stretch of `denominator` requests: those still to come, and how many of them are to be mirrored. */
  #left: number = 0;
  #wanted: number = 0;

  constructor(mirror: RequestMirror, random: () => number = Math.random) {
    this.backend = mirror.backend;
    this.#numerator = mirror.numerator;
    this.#denominator = mirror.denominator;
    this.#random = random;
  }

  /** Whether the next request is mirrored. Selection sampling: Knuth, TAOCP 3.4.2, algorithm S. */
  take(): boolean {
    if (this.#left === 0) {
      this.#left = this.#denominator;
      this.#wanted = this.#numerator;
    }
    const taken = this.#random() * this.#left < this.#wanted;
    this.#left--;
    if (taken) this.#wanted--;
    return taken;
  }
}
