import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { describe, expect, it } from 'vitest';
import { check } from './check.ts';
import { fixture, runCommand } from './testing/run-command.ts';

describe('fairlead check', () => {
  it('shows the conditions of a good configuration', async () => {
    expect(await runCommand(check, [fixture('shop')])).toEqual({
      code: 0,
      stderr: '',
      stdout: `GatewayClass fairlead  shop/gateway.yaml:1
  ✓ Accepted
Gateway infra/web  shop/gateway.yaml:8
  ✓ Accepted  ✓ Programmed  ✓ ResolvedRefs
  listener shop: ✓ Accepted  ✓ Programmed  ✓ ResolvedRefs  2 routes
  listener internal: ✓ Accepted  ✓ Programmed  ✓ ResolvedRefs  1 route
HTTPRoute default/fallback  shop/routes.yaml:45
  parent Gateway infra/web: ✓ Accepted  ✓ ResolvedRefs
HTTPRoute default/shop  shop/routes.yaml:1
  parent Gateway infra/web, listener shop: ✓ Accepted  ✓ ResolvedRefs

4 objects: 0 errors, 0 warnings
`,
    });
  });

  it('says what is wrong, where, and goes on with the rest', async () => {
    const { code, stdout } = await runCommand(check, [fixture('broken')]);
    expect(code).toBe(1);
    for (const line of [
      /^error {2}broken\/half\.yaml:[67] {2}\S/m,
      /^ {2}listener https: ✓ Accepted {2}✗ Programmed=False \(Invalid\) {2}✗ ResolvedRefs=False \(InvalidCertificateRef\)/m,
      /^ {2}error {2}broken\/gateway\.yaml:23 {2}spec\.listeners\[1\]\.tls\.certificateRefs\[0\]: Secret "default\/missing-tls" not found$/m,
      /^ {2}error {2}broken\/routes\.yaml:10 {2}spec\.rules\[0\]\.backendRefs\[0\]: Service "default\/nowhere" not found$/m,
      /^ {2}error {2}broken\/routes\.yaml:15 {2}spec\.rules\[1\]\.matches\[0\]\.path\.value: .* regular expression/m,
      /^HTTPRoute default\/wrong-type {2}broken\/routes\.yaml:25\n {2}error {2}broken\/routes\.yaml:25 {2}spec\.parentRefs: must be a list/m,
      /^4 objects: 6 errors, 0 warnings$/m,
    ]) {
      expect(stdout).toMatch(line);
    }
  });

  it('has all of it as JSON', async () => {
    const { code, stdout } = await runCommand(check, [fixture('broken'), '--json']);
    const report = JSON.parse(stdout);
    expect(code).toBe(1);
    expect(report).toMatchObject({ ok: false, errors: 6, warnings: 0, problems: [{ file: 'broken/half.yaml' }] });
    const gateway = report.objects.find(({ object }: { object: string }) => object === 'Gateway default/web');
    expect(gateway.parts[1]).toMatchObject({ part: 'listener https', attachedRoutes: 1 });
    expect(gateway.problems[0]).toMatchObject({
      ...{ severity: 'error', file: 'broken/gateway.yaml', line: 23, reason: 'InvalidCertificateRef' },
      field: 'spec.listeners[1].tls.certificateRefs[0]',
    });
    expect(JSON.parse((await runCommand(check, [fixture('shop'), '--json'])).stdout).ok).toBe(true);
  });

  it('is coloured on a terminal only', async () => {
    expect((await runCommand(check, [fixture('shop')], true)).stdout).toContain('\x1b[32m✓ Accepted');
    expect((await runCommand(check, [fixture('shop')])).stdout).not.toContain('\x1b');
  });

  it('shows what has become of policies, target by target', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'fairlead-check-'));
    const target = { group: 'gateway.networking.k8s.io', kind: 'Gateway' };
    const targetRefs = [
      { ...target, name: 'web', sectionName: 'http' },
      { ...target, name: 'missing' },
    ];
    const objects = [
      {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'GatewayClass',
        metadata: { name: 'fairlead' },
        spec: { controllerName: 'fairlead.dev/gateway' },
      },
      {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'Gateway',
        metadata: { name: 'web' },
        spec: { gatewayClassName: 'fairlead', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
      },
      {
        apiVersion: 'fairlead.dev/v1alpha1',
        kind: 'ClientTrafficPolicy',
        metadata: { name: 'p' },
        spec: { targetRefs, timeouts: { idle: '5s' } },
      },
    ];
    writeFileSync(join(dir, 'all.yaml'), objects.map((object) => JSON.stringify(object)).join('\n---\n'));
    const { code, stdout } = await runCommand(check, [dir]);
    rmSync(dir, { recursive: true });
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^ClientTrafficPolicy default\/p .*\n {2}for Gateway default\/web, listener http: ✓ Accepted$/m,
    );
    expect(stdout).toMatch(/^ {2}for Gateway default\/missing: ✗ Accepted=False \(TargetNotFound\)$/m);
    expect(stdout).toContain('spec.targetRefs[1].name: Gateway "default/missing" not found');
  });

  it('warns of certificates that clients refuse or soon will', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'fairlead-check-'));
    const write = async (notBeforeDate: Date, notAfterDate: Date) => {
      const { cert, private: key } = await generate([], { keyType: 'ec', notBeforeDate, notAfterDate });
      writeFileSync(
        join(dir, 'all.json'),
        JSON.stringify({ apiVersion: 'v1', kind: 'List', items: secured(cert, key) }),
      );
      return runCommand(check, [dir]);
    };
    const days = (count: number) => new Date(Date.now() + count * 86_400_000);
    const expired = await write(days(-10), days(-1));
    expect(expired.code).toBe(0);
    expect(expired.stdout).toMatch(
      /warning {2}\S+all\.json:\d+ {2}spec\.listeners\[0\]\.tls\.certificateRefs: the certificate expired on 2/,
    );
    expect((await write(days(-10), days(3))).stdout).toContain('the certificate expires on 2');
    expect((await write(days(1), days(30))).stdout).toContain('the certificate is not valid before 2');
    expect((await write(days(-1), days(30))).stdout).toContain('2 objects: 0 errors, 0 warnings');
    rmSync(dir, { recursive: true });
  });

  it.each([
    [[], 2, 'DIR is missing\n\nusage: fairlead check DIR'],
    [['a', 'b'], 2, 'unexpected argument "b"\n\nusage:'],
    [['--colour'], 2, "Unknown option '--colour'"],
    [['/nowhere'], 1, '/nowhere: no such directory\n'],
  ])('%j ends with %d', async (args, code, message) => {
    const ran = await runCommand(check, args);
    expect(ran).toMatchObject({ code, stdout: '' });
    expect(ran.stderr).toContain(message);
  });

  it('has help', async () => {
    expect(await runCommand(check, ['--help'])).toMatchObject({ code: 0, stderr: '' });
    expect((await runCommand(check, ['-h'])).stdout).toMatch(/^usage: fairlead check DIR/);
  });
});

function secured(cert: string, key: string): readonly object[] {
  const gateway = 'gateway.networking.k8s.io/v1';
  const tls = { certificateRefs: [{ name: 'tls' }] };
  return [
    {
      apiVersion: gateway,
      kind: 'GatewayClass',
      metadata: { name: 'f' },
      spec: { controllerName: 'fairlead.dev/gateway' },
    },
    {
      ...{ apiVersion: gateway, kind: 'Gateway', metadata: { name: 'web' } },
      spec: { gatewayClassName: 'f', listeners: [{ name: 'https', protocol: 'HTTPS', port: 8443, tls }] },
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'tls' },
      type: 'kubernetes.io/tls',
      stringData: { 'tls.crt': cert, 'tls.key': key },
    },
  ];
}
