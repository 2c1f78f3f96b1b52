import type { EndpointSlice, Service, SliceEndpoint, SlicePort } from '@fairlead/resources';
import { describe, expect, it } from 'vitest';
import { collectEndpoints, type EndpointOptions } from './endpoints.ts';
import type { Backend } from './table.ts';

const backend: Backend = {
  id: 'default/shop:80',
  service: { namespace: 'default', name: 'shop' },
  port: 80,
  protocol: 'http1',
  tls: null,
  failure: null,
};

function service(spec: Service['spec']): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'shop', namespace: 'default' }, spec };
}

function slice(
  endpoints: readonly (string | SliceEndpoint)[],
  ports: readonly SlicePort[] = [{ name: 'http', port: 8080 }],
  addressType: EndpointSlice['addressType'] = 'IPv4',
): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'shop-1', namespace: 'default' },
    addressType,
    ports,
    endpoints: endpoints.map((endpoint) => (typeof endpoint === 'string' ? { addresses: [endpoint] } : endpoint)),
  };
}

const named = service({ ports: [{ name: 'http', port: 80, targetPort: 8080 }] });

/** `address:port`, with `?` behind endpoints that are a last resort. */
function collect(
  from: Service,
  slices: readonly EndpointSlice[],
  options: EndpointOptions = { allowLoopback: true },
): string[] {
  const { backend: id, endpoints } = collectEndpoints(backend, from, slices, options);
  expect(id).toBe(backend.id);
  return endpoints.map(({ address, port, ready }) => `${address}:${port}${ready ? '' : '?'}`);
}

describe('collectEndpoints', () => {
  it('joins slices, each address and port once', () => {
    expect(collect(named, [slice(['10.0.0.1', '10.0.0.2']), slice(['10.0.0.2', '10.0.0.3'])])).toEqual([
      '10.0.0.1:8080',
      '10.0.0.2:8080',
      '10.0.0.3:8080',
    ]);
  });

  it.each<[string, Service['spec']['ports'], readonly SlicePort[], string[]]>([
    [
      'by name',
      [{ name: 'http', port: 80 }],
      [
        { name: 'metrics', port: 9000 },
        { name: 'http', port: 8080 },
      ],
      ['10.0.0.1:8080'],
    ],
    [
      'by name whatever the target',
      [{ name: 'http', port: 80, targetPort: 1 }],
      [{ name: 'http', port: 8080 }],
      ['10.0.0.1:8080'],
    ],
    ['by no name', [{ port: 80 }], [{ name: '', port: 8080 }], ['10.0.0.1:8080']],
    [
      'of TCP',
      [
        { name: 'http', port: 80, protocol: 'UDP' },
        { name: 'web', port: 80 },
      ],
      [
        { name: 'http', port: 1 },
        { name: 'web', port: 2 },
      ],
      ['10.0.0.1:2'],
    ],
    ['but not of UDP', [{ name: 'http', port: 80 }], [{ name: 'http', port: 8080, protocol: 'UDP' }], []],
    ['any, as the target says', [{ name: 'http', port: 80, targetPort: 8080 }], [{ name: 'http' }], ['10.0.0.1:8080']],
    [
      'any, as the Service says when the target is a name',
      [{ name: 'http', port: 80, targetPort: 'web' }],
      [{ name: 'http' }],
      ['10.0.0.1:80'],
    ],
    [
      'without a name by its number',
      [{ name: 'http', port: 80, targetPort: 8080 }],
      [{ port: 8080 }],
      ['10.0.0.1:8080'],
    ],
    ['but not another number', [{ name: 'http', port: 80, targetPort: 8080 }], [{ port: 8081 }], []],
    ['of the Service, or none', [{ name: 'http', port: 81 }], [{ name: 'http', port: 8080 }], []],
    ['of the slice, or none', [{ name: 'http', port: 80 }], [], []],
  ])('finds the port %s', (_, ports = [], slicePorts, expected) => {
    expect(collect(service({ ports }), [slice(['10.0.0.1'], slicePorts)])).toEqual(expected);
  });

  it.each<[SliceEndpoint['conditions'], string[]]>([
    [undefined, ['10.0.0.1:8080']],
    [{}, ['10.0.0.1:8080']],
    [{ ready: true, serving: true, terminating: false }, ['10.0.0.1:8080']],
    [{ ready: false }, []],
    [{ ready: false, serving: false, terminating: true }, []],
    [{ ready: false, serving: true, terminating: true }, ['10.0.0.1:8080?']],
    [{ ready: true, terminating: true }, ['10.0.0.1:8080?']],
    [{ serving: false }, []],
  ])('reads the conditions %j', (conditions, expected) => {
    const endpoint = { addresses: ['10.0.0.1'], ...(conditions && { conditions }) };
    expect(collect(named, [slice([endpoint])])).toEqual(expected);
  });

  it('takes the better of two reports of one endpoint', () => {
    const leaving = { addresses: ['10.0.0.1'], conditions: { ready: false, serving: true, terminating: true } };
    expect(collect(named, [slice([leaving]), slice(['10.0.0.1'])])).toEqual(['10.0.0.1:8080']);
    expect(collect(named, [slice(['10.0.0.1']), slice([leaving])])).toEqual(['10.0.0.1:8080']);
  });

  it('takes the first address of an endpoint, and its zone', () => {
    const endpoint = { addresses: ['10.0.0.1', '10.0.0.2'], zone: 'b' };
    expect(collectEndpoints(backend, named, [slice([endpoint])], { allowLoopback: true }).endpoints).toEqual([
      { address: '10.0.0.1', port: 8080, ready: true, zone: 'b' },
    ]);
  });

  it.each<[Partial<Service['spec']>, string[]]>([
    [{ ipFamilies: ['IPv6', 'IPv4'] }, ['fd00::1:8080']],
    [{ ipFamilies: ['IPv4', 'IPv6'], clusterIP: 'fd00::99' }, ['10.0.0.1:8080']],
    [{ clusterIP: 'fd00::99' }, ['fd00::1:8080']],
    [{ clusterIP: '10.9.9.9' }, ['10.0.0.1:8080']],
    [{ clusterIP: 'None' }, ['10.0.0.1:8080', 'fd00::1:8080']],
    [{}, ['10.0.0.1:8080', 'fd00::1:8080']],
  ])('takes of two families what the Service says: %j', (spec, expected) => {
    const slices = [
      slice(['10.0.0.1']),
      slice(['fd00::1'], undefined, 'IPv6'),
      slice(['a.example.com'], undefined, 'FQDN'),
    ];
    expect(collect(service({ ...named.spec, ...spec }), slices)).toEqual(expected);
    expect(collect(service({ ...named.spec, ...spec }), slices.slice(0, 1)), 'the only one there is').toEqual([
      '10.0.0.1:8080',
    ]);
  });

  it('gives an ExternalName none', () => {
    const external = service({ ...named.spec, type: 'ExternalName', externalName: '169.254.169.254' });
    expect(collect(external, [slice(['10.0.0.1'])])).toEqual([]);
  });

  it('refuses addresses of its own host and of clouds unless they are allowed', () => {
    const local = ['127.0.0.1', '127.9.9.9', '0.0.0.0', '169.254.169.254', '169.254.0.1', '100.100.100.200'];
    const local6 = ['::1', '::', 'fe80::1', '::ffff:127.0.0.1', 'fd00:ec2::254'];
    const slices = [slice([...local, '10.0.0.1']), slice([...local6, 'fd00::1'], undefined, 'IPv6')];
    const refused: string[] = [];
    const options = { allowLoopback: false, onRefused: (address: string) => refused.push(address) };
    expect(collect(named, slices, options)).toEqual(['10.0.0.1:8080', 'fd00::1:8080']);
    expect(refused).toEqual([...local, ...local6]);
    expect(collect(named, slices)).toHaveLength(13);
    expect(collect(named, [slice(['localhost', ''])]), 'what is no address is none').toEqual([]);
  });
});
