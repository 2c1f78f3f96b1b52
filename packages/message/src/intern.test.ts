import { describe, expect, it } from 'vitest';
import { fieldLine, findField, internField, internName, internPeerName, isInterned, NameKind, names } from './index.ts';

describe('internName', () => {
  it('gives one object for one name, whatever its case', () => {
    expect(internName('Content-Type')).toBe(names.contentType);
    expect(internName('x-test-a')).toBe(internName('X-Test-A'));
    expect(internName('constructor')).toBe(internName('Constructor'));
    expect(internName('__proto__').name).toBe('__proto__');
  });

  it('knows what a name means', () => {
    expect(internName('Transfer-Encoding').kind).toBe(NameKind.hopByHop);
    expect(internName('set-cookie').kind).toBe(NameKind.secret);
    expect(internName('x-anything').kind).toBe(NameKind.ordinary);
    expect(Object.values(names).every((name) => internName(name.name) === name)).toBe(true);
  });

  it('stays bounded under a flood from peers, and keeps what it had', () => {
    const before = internPeerName('x-before');
    for (let i = 0; i < 10_000; i++) internPeerName(`x-flood-${i}`);
    expect(internPeerName('X-Before')).toBe(before);
    expect(internPeerName('x-flood-9999')).not.toBe(internPeerName('x-flood-9999'));
    expect(isInterned(before)).toBe(true);
    expect(isInterned(internPeerName('x-flood-9999'))).toBe(false);
  });

  it('gives configuration the identity that peers are then matched by, also after a flood', () => {
    const configured = internName('x-canary-after-flood');
    expect(internPeerName('X-Canary-After-Flood')).toBe(configured);
  });
});

describe('internField', () => {
  it('shares fields whose value repeats, but never secrets or long values', () => {
    expect(internField(names.accept, '*/*')).toBe(internField(names.accept, '*/*'));
    expect(internField(names.setCookie, 'a=b')).not.toBe(internField(names.setCookie, 'a=b'));
    const long = 'x'.repeat(600);
    expect(internField(names.accept, long)).not.toBe(internField(names.accept, long));
  });

  it('starts a name over that collects values', () => {
    const first = internField(names.userAgent, 'agent 0');
    for (let i = 1; i < 10_000; i++) internField(names.userAgent, `agent ${i}`);
    expect(names.userAgent.values!.size).toBeLessThanOrEqual(1_024);
    expect(internField(names.userAgent, 'agent 0')).not.toBe(first);
  });

  it('makes a line once', () => {
    const field = internField(names.accept, 'text/html');
    expect(fieldLine(field)).toBe('accept: text/html\r\n');
    expect(field.line).toBe('accept: text/html\r\n');
    expect(findField([field], names.accept)).toBe(field);
    expect(findField([field], names.host)).toBeNull();
  });
});
