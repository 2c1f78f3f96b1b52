import { type Field, findField, internName, names, type RequestHead } from '@fairlead/message';
import { describe, expect, it } from 'vitest';
import { type Http1Limits, type Octets, RequestParser, ResponseParser } from '../src/index.ts';
import { limits } from './transcript.ts';

class Log {
  readonly heads: RequestHead[] = [];
  body: string = '';

  onHead(head: RequestHead): void {
    this.heads.push(head);
  }

  onBody(bytes: Octets, start: number, end: number): void {
    this.body += bytes.latin1Slice(start, end);
  }

  onTrailers(_fields: readonly Field[]): void {}

  onInfo(): void {}
}

function headOf(lines: string, own: Partial<Http1Limits> = {}): RequestHead {
  const log = new Log();
  const parser = new RequestParser({ ...limits, ...own }, 'http', log);
  const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`, 'latin1');
  parser.parse(bytes, 0, bytes.length);
  expect(parser.error).toBeNull();
  return log.heads[0]!;
}

describe('the range that is read', () => {
  const text = 'POST / HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';

  it.each(['\n', '\r', 'A', '\0'])('ends where it is said to, whatever lies around it (%j)', (around) => {
    for (let end = 0; end <= text.length; end++) {
      const bytes = Buffer.from(around.repeat(7) + text.slice(0, end) + around.repeat(7), 'latin1');
      const rest = Buffer.from(around.repeat(3) + text.slice(end) + around.repeat(3), 'latin1');
      const log = new Log();
      const parser = new RequestParser(limits, 'http', log);
      expect(parser.parse(bytes, 7, 7 + end)).toBe(7 + end);
      expect(parser.complete).toBe(end === text.length);
      expect(parser.idle).toBe(end === 0);
      expect(parser.parse(rest, 3, 3 + text.length - end)).toBe(3 + text.length - end);
      expect(parser.complete).toBe(true);
      expect(log.body).toBe('abc');
    }
  });

  it('is left alone behind a complete message', () => {
    const parser = new RequestParser(limits, 'http', new Log());
    const bytes = Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /2');
    expect(parser.parse(bytes, 0, bytes.length)).toBe(27);
    expect(parser.parse(bytes, 27, bytes.length)).toBe(27);
    parser.next();
    expect(parser.idle).toBe(true);
    expect(parser.parse(bytes, 27, bytes.length)).toBe(bytes.length);
    expect(parser.idle).toBe(false);
  });

  it('is refused for good after an error', () => {
    const parser = new RequestParser(limits, 'http', new Log());
    expect(parser.parse(Buffer.from('\n'), 0, 1)).toBe(-1);
    expect(parser.parse(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'), 0, 27)).toBe(-1);
    expect(parser.error?.code).toBe('bare_lf');
  });

  it('leaves unasked bytes to be seen', () => {
    const parser = new ResponseParser(limits, { ...new Log(), onInfo() {}, onHead() {}, onBody() {}, onTrailers() {} });
    parser.begin('GET');
    expect(parser.idle).toBe(true);
    const bytes = Buffer.from('HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n');
    expect(parser.parse(bytes, 0, bytes.length)).toBe(27);
    expect(parser.complete).toBe(true);
    expect(parser.finish()).toBe(false);
  });
});

describe('what connections share', () => {
  it('is the fields that repeat, not those that let their holder in', () => {
    const lines = 'Accept: */*\r\nCookie: a=b\r\nAuthorization: Bearer x\r\nX-Request-Id: 1\r\n';
    const [first, second] = [headOf(lines), headOf(lines)];
    const shared = first.fields.filter((field, i) => field === second.fields[i]).map((field) => field.name.name);
    expect(shared).toEqual(['accept']);
    expect(second.fields.map((field) => field.value)).toEqual(['*/*', 'a=b', 'Bearer x', '1']);
  });

  it('tells apart lines that begin, end or sum up alike', () => {
    for (const value of ['abcd', 'abce', 'bbcd', 'abcdabcd', 'abc', 'a', '', 'dcba']) {
      for (const line of [`X-A: ${value}`, `X-A:${value}`, `x-a: ${value}`, `X-B: ${value}`]) {
        expect(headOf(`${line}\r\n`).fields.map((field) => field.value)).toEqual([value]);
        expect(headOf(`${line}\r\n${line}\r\n`).fields).toHaveLength(2);
      }
    }
  });

  it('survives ten thousand lines', () => {
    for (let i = 0; i < 10_000; i++) {
      const { fields } = headOf(`X-A: ${i}\r\nX-B: ${i % 7}\r\nUser-Agent: ${'u'.repeat(i % 300)}\r\n`);
      expect(fields[0]!.value).toBe(String(i));
      expect(fields[1]!.value).toBe(String(i % 7));
      expect(fields[2]!.value.length).toBe(i % 300);
    }
  });

  it('leaves every parser its own limits', () => {
    const lines = 'X_Y: 1\r\nX-Long: 123456789\r\n';
    headOf(lines, { allowUnderscores: true });
    const bytes = Buffer.from(`GET /abcdef HTTP/1.1\r\nHost: a\r\n${lines}\r\n`);
    for (const [own, code] of [
      [{}, 'underscore_in_name'],
      [{ allowUnderscores: true, maxHeadBytes: 20 }, 'head_too_large'],
      [{ allowUnderscores: true, maxFields: 2 }, 'too_many_fields'],
      [{ allowUnderscores: true, maxTargetBytes: 6 }, 'target_too_long'],
    ] as const) {
      new RequestParser({ ...limits, allowUnderscores: true }, 'http', new Log()).parse(bytes, 0, bytes.length);
      const parser = new RequestParser({ ...limits, ...own }, 'http', new Log());
      expect(parser.parse(bytes, 0, bytes.length)).toBe(-1);
      expect(parser.error?.code).toBe(code);
    }
  });

  it('never hides a name that is configured after a flood of names', () => {
    for (let i = 0; i < 9_000; i++) headOf(`X-Flood-${i}: 1\r\n`);
    expect(headOf('X-Late: 1\r\n').fields[0]!.name.name).toBe('x-late');
    const late = internName('x-late');
    expect(findField(headOf('X-Late: 1\r\n').fields, late)?.value).toBe('1');
    expect(headOf('Connection: x-never-seen\r\nX-Never-Seen: 1\r\n').fields).toEqual([]);
    expect(findField(headOf('Accept: a\r\n').fields, names.accept)?.value).toBe('a');
  });
});
