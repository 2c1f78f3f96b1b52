import { describe, expect, it } from 'vitest';
import { lineChart, ticks } from './line-chart.ts';
import { markdownTable } from './markdown-table.ts';

describe('ticks', () => {
  it.each([
    [0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [-5, 15, [-5, 0, 5, 10, 15]],
    [0, 0.03, [0, 0.01, 0.02, 0.03]],
    [3, 3, [3]],
  ])('from %d to %d', (low, high, expected) => {
    expect(ticks(low, high)).toEqual(expected);
  });
});

describe('lineChart', () => {
  const chart = {
    title: 'Share & time',
    xLabel: 's',
    yLabel: 'share',
    series: [
      {
        name: 'a',
        points: [
          [0, 0],
          [10, 0.5],
        ] as const,
      },
      {
        name: 'b',
        points: [
          [0, 1],
          [10, 0],
        ] as const,
      },
    ],
    marks: [{ x: 5, label: 'ready' }],
    yMax: 1,
  };

  it('puts points where the axes say', () => {
    const svg = lineChart(chart);
    expect(svg).toContain('<polyline points="60,312 700,184" ');
    expect(svg).toContain('<polyline points="60,56 700,312" ');
    expect(svg).toContain('x1="380" y1="56" x2="380" y2="312"');
  });

  it('is well-formed whatever the labels hold', () => {
    const svg = lineChart({ ...chart, series: [{ name: 'a<b', points: [] }], marks: [] });
    expect(svg).toContain('Share &amp; time');
    expect(svg).toContain('a&lt;b');
    expect(svg).not.toContain('NaN');
  });
});

describe('markdownTable', () => {
  it('pads its columns', () => {
    expect(markdownTable(['pod', 'share'], [['first', '0.5']])).toBe(
      '| pod   | share |\n| ----- | ----- |\n| first | 0.5   |\n',
    );
  });
});
