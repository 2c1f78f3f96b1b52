/** Paints text on terminals, leaves it alone elsewhere. */
export interface Style {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly doubtful: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
}

export function createStyle(isTerminal: boolean): Style {
  const paint = (on: number, off: number) => (text: string) => (isTerminal ? `\x1b[${on}m${text}\x1b[${off}m` : text);
  return {
    good: paint(32, 39),
    bad: paint(31, 39),
    doubtful: paint(33, 39),
    strong: paint(1, 22),
    faint: paint(2, 22),
  };
}
