import { describe, expect, it } from 'vitest';
import { routes } from './routes.ts';
import { fixture, runCommand } from './testing/run-command.ts';

describe('fairlead routes', () => {
  it('lists matches in the order in which they are tried', async () => {
    const { code, stdout, stderr } = await runCommand(routes, [fixture('shop')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`http://127.0.0.1:8080  Gateway infra/web, listener shop
  HOST              PATH     MATCH                           BACKENDS                                           RULE
  shop.example.com  /old                                     → redirect 301 to scheme https, path /new          HTTPRoute default/shop rule 2
                    /cart/*  POST x-tenant=blue ?dry~yes|no  → default/cart:80                                  HTTPRoute default/shop rule "write"
                    /cart/*                                  → default/cart:80 90 %, default/cart-next:80 10 %  HTTPRoute default/shop rule "cart"
  *.example.com     /*                                       → default/cart:80                                  HTTPRoute default/fallback rule 0

http://127.0.0.1:8081  Gateway infra/web, listener internal
  HOST  PATH  MATCH  BACKENDS           RULE
  *     /*           → default/cart:80  HTTPRoute default/fallback rule 0
`);
  });

  it('has one object per match as JSON', async () => {
    const { stdout } = await runCommand(routes, [fixture('shop'), '--json']);
    const rows = JSON.parse(stdout);
    expect(rows).toHaveLength(5);
    expect(rows[1]).toEqual({
      ...{
        bind: '127.0.0.1:8080',
        secure: false,
        gateway: 'infra/web',
        listener: 'shop',
        hostname: 'shop.example.com',
      },
      ...{ path: '/cart/*', match: 'POST x-tenant=blue ?dry~yes|no', target: 'default/cart:80' },
      rule: 'HTTPRoute default/shop rule "write"',
    });
  });

  it('lists what is left of a broken configuration, and says that it is', async () => {
    const { code, stdout, stderr } = await runCommand(routes, [fixture('broken')]);
    expect(code).toBe(0);
    expect(stdout).toContain('→ 500 (invalid backend)');
    expect(stderr).toBe('6 errors: see fairlead check broken\n');
  });

  it('wants one directory', async () => {
    expect(await runCommand(routes, [])).toMatchObject({ code: 2, stdout: '' });
    expect(await runCommand(routes, ['/nowhere'])).toMatchObject({ code: 1, stderr: '/nowhere: no such directory\n' });
    expect((await runCommand(routes, ['--help'])).stdout).toMatch(/^usage: fairlead routes DIR/);
  });
});
