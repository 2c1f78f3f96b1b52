import { clientTrafficFields, kinds } from '@fairlead/resources';
import { groupSchema, type OpenApi, rule } from './policy-crd.ts';
import { policyStatusSchema } from './policy-status-crd.ts';

export function clientTrafficCrd(): OpenApi {
  const { kind, group, versions } = kinds.get('ClientTrafficPolicy')!;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `clienttrafficpolicies.${group}`,
      // GEP-713 asks for it.
      labels: { 'gateway.networking.k8s.io/policy': 'Direct' },
    },
    spec: {
      group,
      names: {
        kind,
        listKind: `${kind}List`,
        plural: 'clienttrafficpolicies',
        singular: 'clienttrafficpolicy',
        shortNames: ['ctp'],
        categories: ['gateway-api'],
      },
      scope: 'Namespaced',
      versions: versions.map(toVersion),
    },
  };
}

function toVersion(name: string): OpenApi {
  return {
    name,
    served: true,
    storage: true,
    subresources: { status: {} },
    additionalPrinterColumns: [
      column('Target', '.spec.targetRefs[*].name', 'string'),
      column('Accepted', '.status.ancestors[*].conditions[?(@.type=="Accepted")].status', 'string'),
      column('Age', '.metadata.creationTimestamp', 'date'),
    ],
    schema: {
      openAPIV3Schema: {
        description: clientTrafficFields.meaning,
        type: 'object',
        required: ['spec'],
        properties: {
          apiVersion: { type: 'string' },
          kind: { type: 'string' },
          metadata: { type: 'object' },
          spec: specSchema(),
          status: policyStatusSchema,
        },
      },
    },
  };
}

function column(name: string, jsonPath: string, type: string): OpenApi {
  return { name, type, jsonPath };
}

function specSchema(): OpenApi {
  const spec = groupSchema(clientTrafficFields, { targetRefs });
  const { http2, ...others } = spec.properties as Readonly<Record<string, OpenApi>>;
  return { ...spec, required: ['targetRefs'], properties: { ...others, http2: { ...http2, ...windowsInOrder } } };
}

const windowsInOrder: OpenApi = rule(
  '!has(self.initialStreamWindowSize) || !has(self.maxStreamWindowSize) || ' +
    'quantity(string(self.initialStreamWindowSize)).compareTo(quantity(string(self.maxStreamWindowSize))) <= 0',
  'maxStreamWindowSize must not be less than initialStreamWindowSize',
);

const targetRefs: OpenApi = {
  description:
    'Gateways of the same namespace, or single listeners of them. The policy of a listener replaces that of its Gateway.',
  type: 'array',
  minItems: 1,
  maxItems: 16,
  'x-kubernetes-list-type': 'atomic',
  items: {
    type: 'object',
    required: ['group', 'kind', 'name'],
    properties: {
      group: { type: 'string', enum: ['gateway.networking.k8s.io'] },
      kind: { type: 'string', enum: ['Gateway'] },
      name: { type: 'string', minLength: 1, maxLength: 253 },
      sectionName: {
        description: 'Name of a listener; all of the Gateway without.',
        type: 'string',
        minLength: 1,
        maxLength: 253,
        pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
      },
    },
  },
  ...rule(
    'self.all(a, self.exists_one(b, a.name == b.name && ' +
      '(!has(a.sectionName) || !has(b.sectionName) || a.sectionName == b.sectionName)))',
    'entries for one Gateway must each name a listener of their own',
  ),
};
