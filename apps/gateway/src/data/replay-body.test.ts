import { Field, internName } from '@fairlead/message';
import { describe, expect, it } from 'vitest';
import { ReplayBody } from './replay-body.ts';

/** What an upstream was given. */
class Sent {
  text: string = '';
  lasts: boolean[] = [];

  sendData(bytes: Uint8Array, start: number, end: number, last: boolean): boolean {
    this.text += Buffer.from(bytes.subarray(start, end)).toString();
    this.lasts.push(last);
    return true;
  }

  sendTrailers(fields: readonly Field[]): void {
    this.text += fields.map(({ value }) => `[${value}]`).join('');
  }

  abort(): void {}
  resumeResponse(): void {}
}

function append(body: ReplayBody, text: string): void {
  const bytes = Buffer.from(`..${text}.`);
  body.append(bytes, 2, bytes.length - 1);
  bytes.fill(0);
}

describe('ReplayBody', () => {
  it('sends what came, copied, and says when that is all', () => {
    const body = new ReplayBody();
    append(body, 'ab');
    append(body, 'c');
    const sent = new Sent();
    expect(body.sendTo(sent, true)).toBe(true);
    expect(sent).toMatchObject({ text: 'abc', lasts: [false, true] });
  });

  it('leaves the end open where more is to come', () => {
    const body = new ReplayBody();
    append(body, 'ab');
    const sent = new Sent();
    body.sendTo(sent, false);
    expect(sent.lasts).toEqual([false]);
  });

  it('ends a body without octets, and one with trailers', () => {
    const empty = new Sent();
    new ReplayBody().sendTo(empty, true);
    expect(empty.lasts).toEqual([true]);
    const body = new ReplayBody();
    append(body, 'a');
    body.end([new Field(internName('x-t'), 't')]);
    const sent = new Sent();
    body.sendTo(sent, true);
    expect(sent).toMatchObject({ text: 'a[t]', lasts: [false] });
  });

  it('keeps 64 KiB and not an octet more', () => {
    const body = new ReplayBody();
    append(body, 'x'.repeat(65_536));
    expect(body.complete).toBe(true);
    append(body, 'x');
    expect(body.complete).toBe(false);
  });
});
