interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
}

export interface Parsed {
  readonly families: ReadonlyMap<string, Family>;
  readonly samples: readonly Sample[];
  /** Of the one sample with exactly these labels. */
  value(name: string, labels?: Readonly<Record<string, string>>): number;
}

/**
 * A strict reader of the text format 0.0.4, for tests: throws on anything that the format does not allow, on samples outside of their
 * family, on a family that comes twice, and on two samples with the same labels.
 */
export function parsePrometheus(text: string): Parsed {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const families = new Map<string, Family>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  let family: Family | null = null;
  let help: readonly string[] | null = null;
  for (const line of text.slice(0, -1).split('\n')) {
    const described = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    if (described?.[1] === 'HELP') {
      help = described.slice(2);
    } else if (described !== null) {
      family = toFamily(described[2]!, described[3]!, help);
      if (families.has(family.name)) throw new Error(`family ${family.name} comes twice`);
      families.set(family.name, family);
    } else {
      const sample = toSample(line);
      if (family === null || !belongs(sample.name, family)) throw new Error(`${line} stands in family ${family?.name}`);
      const key = keyOf(sample.name, sample.labels);
      if (seen.has(key)) throw new Error(`${key} comes twice`);
      seen.add(key);
      samples.push(sample);
    }
  }
  const byKey = new Map(samples.map((sample) => [keyOf(sample.name, sample.labels), sample.value]));
  return {
    families,
    samples,
    value: (name, labels = {}) => {
      const value = byKey.get(keyOf(name, labels));
      if (value === undefined) throw new Error(`there is no ${keyOf(name, labels)}`);
      return value;
    },
  };
}

function toFamily(name: string, type: string, help: readonly string[] | null): Family {
  if (help?.[0] !== name) throw new Error(`family ${name} has no help right before its type`);
  if (!['counter', 'gauge', 'histogram', 'summary', 'untyped'].includes(type)) throw new Error(`type ${type}`);
  return { name, type, help: help[1]! };
}

function belongs(name: string, family: Family): boolean {
  if (family.type !== 'histogram') return name === family.name;
  return ['_bucket', '_sum', '_count'].some((suffix) => name === family.name + suffix);
}

const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (NaN|[+-]Inf|[+-]?[0-9.]+(?:e[+-]?[0-9]+)?)$/;
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(?:,|$)/y;

function toSample(line: string): Sample {
  const match = sampleLine.exec(line);
  if (match === null) throw new Error(`not a sample: ${line}`);
  const value = Number(match[3]!.replace('Inf', 'Infinity'));
  return { name: match[1]!, labels: toLabels(match[2] ?? ''), value };
}

function toLabels(text: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  label.lastIndex = 0;
  while (label.lastIndex < text.length) {
    const match = label.exec(text);
    if (match === null) throw new Error(`not labels: ${text}`);
    labels[match[1]!] = match[2]!.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
  }
  return labels;
}

function keyOf(name: string, labels: Readonly<Record<string, string>>): string {
  return `${name}${JSON.stringify(Object.entries(labels).sort())}`;
}
