import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '@fairlead/resources';
import { describe, expect, it } from 'vitest';
import { Document, isMap, isSeq, visit } from 'yaml';
import { type Compiled, compile } from './compile.ts';
import type { CompileOptions } from './compile-options.ts';
import { formatPath } from './problems.ts';
import { parseManifests, testOptions, toState } from './test-kit.ts';

/**
 * Every `testdata/<case>.in.yaml` compiles to `<case>.out.yaml`; `UPDATE_GOLDENS=1` writes the latter anew. A document `include: [name]` takes
 * the manifests of `testdata/<name>.yaml` in, one `options:` sets members of CompileOptions.
 */
const directory = join(import.meta.dirname, '../testdata');
const cases = readdirSync(directory).flatMap((file) => /^(.+)\.in\.yaml$/.exec(file)?.[1] ?? []);

/** Type, status and reason of every condition that Gateway API v1.7 knows of for the kinds served here, and of our own. */
const apiReasons = [
  // GatewayClass, Gateway, Listener
  ['Accepted', 'True', 'Accepted'],
  ['Accepted', 'False', 'InvalidParameters'],
  ['Accepted', 'True', 'ListenersNotValid'],
  ['Accepted', 'False', 'ListenersNotValid'],
  ['Accepted', 'False', 'UnsupportedAddress'],
  ['Accepted', 'False', 'PortUnavailable'],
  ['Accepted', 'False', 'UnsupportedProtocol'],
  ['Accepted', 'False', 'NoValidCACertificate'],
  ['Accepted', 'False', 'UnsupportedValue'],
  ['Programmed', 'True', 'Programmed'],
  ['Programmed', 'False', 'Invalid'],
  ['Programmed', 'False', 'AddressNotUsable'],
  ['Programmed', 'False', 'PortUnavailable'],
  ['Conflicted', 'True', 'HostnameConflict'],
  ['Conflicted', 'True', 'ProtocolConflict'],
  ['Conflicted', 'False', 'NoConflicts'],
  ['OverlappingTLSConfig', 'True', 'OverlappingHostnames'],
  ['InsecureFrontendValidationMode', 'True', 'ConfigurationChanged'],
  ['ResolvedRefs', 'True', 'ResolvedRefs'],
  ['ResolvedRefs', 'False', 'ListenersNotResolved'],
  ['ResolvedRefs', 'False', 'InvalidClientCertificateRef'],
  ['ResolvedRefs', 'False', 'InvalidCertificateRef'],
  ['ResolvedRefs', 'False', 'InvalidRouteKinds'],
  ['ResolvedRefs', 'False', 'RefNotPermitted'],
  ['ResolvedRefs', 'False', 'InvalidCACertificateRef'],
  ['ResolvedRefs', 'False', 'InvalidCACertificateKind'],
  // Routes
  ['Accepted', 'False', 'NotAllowedByListeners'],
  ['Accepted', 'False', 'NoMatchingListenerHostname'],
  ['Accepted', 'False', 'NoMatchingParent'],
  ['Accepted', 'False', 'HostnameConflict'],
  ['Accepted', 'False', 'IncompatibleFilters'],
  ['ResolvedRefs', 'False', 'InvalidKind'],
  ['ResolvedRefs', 'False', 'BackendNotFound'],
  ['ResolvedRefs', 'False', 'UnsupportedProtocol'],
  ['ResolvedRefs', 'False', 'InvalidBackendTLSPolicy'],
  ['PartiallyInvalid', 'True', 'UnsupportedValue'],
  ['PartiallyInvalid', 'True', 'IncompatibleFilters'],
  // BackendTLSPolicy
  ['Accepted', 'False', 'Conflicted'],
  ['Accepted', 'False', 'Invalid'],
  ['Accepted', 'False', 'TargetNotFound'],
  // ListenerSet
  ['Accepted', 'False', 'NotAllowed'],
  ['Accepted', 'False', 'ParentNotAccepted'],
  ['Programmed', 'False', 'NotAllowed'],
  ['Programmed', 'False', 'ParentNotAccepted'],
  ['Programmed', 'False', 'ParentNotProgrammed'],
  ['Programmed', 'False', 'ListenersNotValid'],
  // ClientTrafficPolicy
  ['Accepted', 'True', 'Accepted'],
  ['Overridden', 'True', 'SharedSocket'],
  ['fairlead.dev/ClientTrafficPolicyAffected', 'True', 'PolicyAffected'],
] as const;

describe('compile', () => {
  it.each(cases)('%s', (name) => {
    const { objects, options } = readCase(name);
    const compiled = compile(toState(objects), options, null);
    const text = render(compiled);
    const golden = join(directory, `${name}.out.yaml`);
    if (process.env.UPDATE_GOLDENS) writeFileSync(golden, text);
    expect(text).toBe(readFileSync(golden, 'utf8'));

    const shuffled = compile(toState([...objects].reverse()), options, null);
    expect(render(shuffled), 'the order of the objects does not matter').toBe(text);
    const again = compile(toState(objects), options, compiled);
    for (const table of ['binds', 'hosts', 'rules', 'backends'] as const) {
      expect(again.table[table], `${table} keep their identity`).toBe(compiled.table[table]);
    }
  });

  it.each(apiReasons)('shows %s in a golden', (type, status, reason) => {
    const condition = `{ type: ${type}, status: "${status}", reason: ${reason},`;
    const shown = cases.some((name) => readFileSync(join(directory, `${name}.out.yaml`), 'utf8').includes(condition));
    expect(shown, condition).toBe(true);
  });

  it('has no golden without a case', () => {
    const goldens = readdirSync(directory).flatMap((file) => /^(.+)\.out\.yaml$/.exec(file)?.[1] ?? []);
    expect(goldens).toEqual(cases);
  });
});

interface CaseSettings {
  readonly include?: readonly string[];
  readonly options?: { readonly defaultAddresses?: readonly string[]; readonly bindErrors?: Record<string, string> };
}

function readCase(name: string): { readonly objects: readonly KubeObject[]; readonly options: CompileOptions } {
  const documents = parseManifests(readFileSync(join(directory, `${name}.in.yaml`), 'utf8'));
  const settings: CaseSettings = Object.assign({}, ...documents.filter((document) => document.kind === undefined));
  const included = (settings.include ?? []).flatMap((file) =>
    parseManifests(readFileSync(join(directory, `${file}.yaml`), 'utf8')),
  );
  const { defaultAddresses = testOptions.defaultAddresses, bindErrors = {} } = settings.options ?? {};
  return {
    objects: [...included, ...documents.filter((document) => document.kind !== undefined)],
    options: { ...testOptions, defaultAddresses, bindErrors: new Map(Object.entries(bindErrors)) },
  };
}

/** What a reviewer reads: sorted by key, short values on one line. The features of every class are tested elsewhere. */
function render({ table, statuses, problems }: Compiled): string {
  const classes = [...statuses.gatewayClasses].map(([name, { conditions }]) => [name, { conditions }] as const);
  return stringify({
    binds: withoutMissingPolicies(sorted(table.binds)),
    hosts: sorted(table.hosts),
    rules: sorted(table.rules),
    backends: sorted(table.backends),
    statuses: {
      GatewayClass: sorted(new Map(classes)),
      Gateway: sorted(statuses.gateways),
      HTTPRoute: sorted(statuses.httpRoutes),
      GRPCRoute: sorted(statuses.grpcRoutes),
      BackendTLSPolicy: sorted(statuses.backendTlsPolicies),
      ...whereAny({
        ListenerSet: statuses.listenerSets,
        TLSRoute: statuses.tlsRoutes,
        TCPRoute: statuses.tcpRoutes,
        UDPRoute: statuses.udpRoutes,
        ClientTrafficPolicy: statuses.clientTrafficPolicies,
      }),
    },
    problems: problems.map(({ object, path, ...problem }) => ({
      object: `${object.kind} ${object.namespace}/${object.name}`,
      path: formatPath(path),
      ...problem,
    })),
  });
}

/** Most cases have nothing of these kinds. */
function whereAny(kinds: Readonly<Record<string, ReadonlyMap<string, unknown>>>): object {
  const some = Object.entries(kinds).filter(([, table]) => table.size > 0);
  return Object.fromEntries(some.map(([kind, table]) => [kind, sorted(table)]));
}

/** Most cases have no policy for clients. */
function withoutMissingPolicies(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, member) => (key === 'clientPolicy' && member === null ? undefined : member)),
  );
}

function sorted<T>(map: ReadonlyMap<string, T>): Record<string, T> {
  return Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function stringify(value: unknown): string {
  // Aliases would hide what an entry says.
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Collection(_, node) {
      const isFlat = node.items.every((item) => {
        const member: unknown = isMap(node) ? (item as { value: unknown }).value : item;
        return !isMap(member) && !isSeq(member);
      });
      if (isFlat || JSON.stringify(node).length < 140) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}
