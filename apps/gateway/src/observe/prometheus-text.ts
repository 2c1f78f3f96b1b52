export type MetricType = 'counter' | 'gauge' | 'histogram';
export type Labels = Readonly<Record<string, string | number>>;

/** Labels as they are written, for those who write many samples with the same ones; '' for none. */
export type LabelText = string & { readonly labelText: true };

/**
 * Writes Prometheus' text format 0.0.4. A family is begun once and its samples follow it; a family without samples is left out.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export class PrometheusText {
  #text = '';
  #name = '';
  #head = '';

  family(name: string, type: MetricType, help: string): void {
    this.#name = name;
    this.#head = `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`;
  }

  sample(value: number, labels: Labels | LabelText = {}): void {
    this.#write('', typeof labels === 'string' ? labels : toLabelText(labels), value);
  }

  /** A family with one sample. */
  single(name: string, type: 'counter' | 'gauge', help: string, value: number): void {
    this.family(name, type, help);
    this.sample(value);
  }

  /** `counts` by bucket, not cumulative, the last one beyond every bound. Bounds and sum in the unit of the family. */
  histogram(bounds: readonly number[], counts: readonly number[], sum: number, labels: LabelText): void {
    const before = labels === '' ? '' : `${labels},`;
    let cumulative = 0;
    for (let i = 0; i < counts.length; i++) {
      cumulative += counts[i]!;
      this.#write('_bucket', `${before}le="${i < bounds.length ? bounds[i] : '+Inf'}"`, cumulative);
    }
    this.#write('_sum', labels, sum);
    this.#write('_count', labels, cumulative);
  }

  /** What was written since the last call. */
  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  #write(suffix: string, labels: string, value: number): void {
    const braced = labels === '' ? '' : `{${labels}}`;
    this.#text += `${this.#head}${this.#name}${suffix}${braced} ${valueText(value)}\n`;
    this.#head = '';
  }
}

export function toLabelText(labels: Labels): LabelText {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(String(value))}"`);
  return pairs.join(',') as LabelText;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function valueText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}
