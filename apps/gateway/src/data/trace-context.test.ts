import { expect, it } from 'vitest';
import { isTraceparent } from './trace-context.ts';

const trace = '0af7651916cd43dd8448eb211c80319c';
const parent = 'b7ad6b7169203331';

it.each([
  `00-${trace}-${parent}-01`,
  `00-${trace}-${parent}-00`,
  `cc-${trace}-${parent}-01`,
  `cc-${trace}-${parent}-01-more`,
])('%s is good', (value) => expect(isTraceparent(value)).toBe(true));

it.each([
  '',
  'rubbish',
  `00-${trace}-${parent}`,
  `00-${trace}-${parent}-01-more`,
  `00-${trace}-${parent}-011`,
  `cc-${trace}-${parent}-01more`,
  `ff-${trace}-${parent}-01`,
  `00-${trace.toUpperCase()}-${parent}-01`,
  `00-${'0'.repeat(32)}-${parent}-01`,
  `00-${trace}-${'0'.repeat(16)}-01`,
  `00-${trace.slice(1)}--${parent}-01`,
  `0x-${trace}-${parent}-01`,
  `00-${trace}-${parent}-0g`,
  `00_${trace}_${parent}_01`,
])('%s is not', (value) => expect(isTraceparent(value)).toBe(false));
