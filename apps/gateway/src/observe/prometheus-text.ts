export type MetricType = 'counter' | 'gauge' | 'histogram';
export type Labels = Readonly<Record<string, string | number>>;

/**
 * Writes Prometheus' text format 0.0.4. A family is begun once and its samples follow it; a family without samples is left out.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export class PrometheusText {
  readonly #parts: string[] = [];
  #name = '';
  #head = '';

  family(name: string, type: MetricType, help: string): void {
    this.#name = name;
    this.#head = `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`;
  }

  sample(value: number, labels: Labels = {}): void {
    this.#write('', labelText(labels), value);
  }

  /** A family with one sample. */
  single(name: string, type: 'counter' | 'gauge', help: string, value: number): void {
    this.family(name, type, help);
    this.sample(value);
  }

  /** `counts` by bucket, not cumulative, the last one beyond every bound. Bounds and sum in the unit of the family. */
  histogram(bounds: readonly number[], counts: readonly number[], sum: number, labels: Labels): void {
    const text = labelText(labels);
    let cumulative = 0;
    for (let i = 0; i < counts.length; i++) {
      cumulative += counts[i]!;
      const le = i < bounds.length ? String(bounds[i]) : '+Inf';
      this.#write('_bucket', text === '' ? `le="${le}"` : `${text},le="${le}"`, cumulative);
    }
    this.#write('_sum', text, sum);
    this.#write('_count', text, cumulative);
  }

  toString(): string {
    return this.#parts.join('');
  }

  #write(suffix: string, labels: string, value: number): void {
    if (this.#head !== '') this.#parts.push(this.#head);
    this.#head = '';
    this.#parts.push(`${this.#name}${suffix}${labels === '' ? '' : `{${labels}}`} ${valueText(value)}\n`);
  }
}

function labelText(labels: Labels): string {
  let text = '';
  for (const [name, value] of Object.entries(labels)) {
    if (text !== '') text += ',';
    text += `${name}="${escapeLabel(String(value))}"`;
  }
  return text;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function valueText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}
