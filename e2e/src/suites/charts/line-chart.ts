export interface LineChart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
  /** Vertical lines: what happened when. */
  readonly marks: readonly Mark[];
  /** Largest y; the data's when null. */
  readonly yMax: number | null;
}

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

interface Mark {
  readonly x: number;
  readonly label: string;
}

const width = 720;
const height = 360;
const box = { left: 60, right: 20, top: 56, bottom: 48 };
/** Told apart by most colour-blind readers (Okabe and Ito), and by dash in print. */
const styles = [
  { colour: '#0072b2', dash: '' },
  { colour: '#d55e00', dash: '6 3' },
  { colour: '#009e73', dash: '2 3' },
  { colour: '#cc79a7', dash: '8 3 2 3' },
] as const;

/** A whole SVG document, readable on light and dark pages. */
export function lineChart(chart: LineChart): string {
  const scale = scaleOf(chart);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(width / 2, 20, chart.title, 'middle', '#222222', 15),
    ...axes(chart, scale),
    ...chart.marks.flatMap((mark) => markLines(mark, scale)),
    ...chart.series.flatMap((series, i) => [line(series, i, scale), legend(series.name, i)]),
    '</svg>\n',
  ].join('\n');
}

interface Scale {
  readonly xTicks: readonly number[];
  readonly yTicks: readonly number[];
  x(value: number): number;
  y(value: number): number;
}

function scaleOf({ series, marks, yMax }: LineChart): Scale {
  const xs = [...series.flatMap(({ points }) => points.map(([x]) => x)), ...marks.map(({ x }) => x)];
  const ys = series.flatMap(({ points }) => points.map(([, y]) => y));
  const [low, high] = xs.length === 0 ? [0, 1] : [Math.min(...xs), Math.max(...xs)];
  const top = yMax ?? Math.max(...ys, Number.MIN_VALUE);
  const span = high - low || 1;
  return {
    xTicks: ticks(low, high),
    yTicks: ticks(0, top),
    x: (value) => round(box.left + ((value - low) / span) * (width - box.left - box.right)),
    y: (value) => round(height - box.bottom - (value / top) * (height - box.top - box.bottom)),
  };
}

/** Round numbers, four to ten of them. */
export function ticks(low: number, high: number): readonly number[] {
  const rough = (high - low || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => power * factor >= rough) ?? 10);
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function axes({ xLabel, yLabel }: LineChart, { xTicks, yTicks, x, y }: Scale): readonly string[] {
  const right = width - box.right;
  const bottom = height - box.bottom;
  const middle = (box.top + bottom) / 2;
  return [
    ...yTicks.map((value) => rule(box.left, y(value), right, y(value), '#dddddd', '')),
    ...yTicks.map((value) => text(box.left - 8, y(value) + 4, String(value), 'end', '#444444')),
    ...xTicks.map((value) => text(x(value), bottom + 18, String(value), 'middle', '#444444')),
    rule(box.left, bottom, right, bottom, '#444444', ''),
    text((box.left + right) / 2, height - 10, xLabel, 'middle', '#222222'),
    `<text x="16" y="${middle}" text-anchor="middle" fill="#222222" transform="rotate(-90 16 ${middle})">${escaped(yLabel)}</text>`,
  ];
}

function markLines({ x: at, label }: Mark, { x }: Scale): readonly string[] {
  const bottom = height - box.bottom;
  return [
    rule(x(at), box.top, x(at), bottom, '#888888', '3 3'),
    text(x(at) + 4, box.top + 12, label, 'start', '#666666'),
  ];
}

function line({ points }: Series, i: number, { x, y }: Scale): string {
  const { colour, dash } = styles[i % styles.length]!;
  const path = points.map(([px, py]) => `${x(px)},${y(py)}`).join(' ');
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"${dashed(dash)}/>`;
}

function legend(name: string, i: number): string {
  const { colour, dash } = styles[i % styles.length]!;
  const left = box.left + i * 200;
  return `${rule(left, 38, left + 24, 38, colour, dash)}\n${text(left + 30, 42, name, 'start', '#222222')}`;
}

function rule(x1: number, y1: number, x2: number, y2: number, colour: string, dash: string): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${colour}"${dashed(dash)}/>`;
}

function dashed(dash: string): string {
  return dash === '' ? '' : ` stroke-dasharray="${dash}"`;
}

function text(x: number, y: number, content: string, anchor: string, colour: string, size?: number): string {
  const sized = size === undefined ? '' : ` font-size="${size}"`;
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="${colour}"${sized}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
