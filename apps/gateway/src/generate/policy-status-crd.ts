import type { OpenApi } from './policy-crd.ts';

const condition: OpenApi = {
  type: 'object',
  required: ['lastTransitionTime', 'message', 'reason', 'status', 'type'],
  properties: {
    type: { type: 'string', maxLength: 316 },
    status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
    reason: { type: 'string', minLength: 1, maxLength: 1_024, pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$' },
    message: { type: 'string', maxLength: 32_768 },
    observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
    lastTransitionTime: { type: 'string', format: 'date-time' },
  },
};

const ancestorRef: OpenApi = {
  type: 'object',
  required: ['name'],
  properties: {
    group: { type: 'string', maxLength: 253 },
    kind: { type: 'string', maxLength: 63 },
    namespace: { type: 'string', maxLength: 63 },
    name: { type: 'string', minLength: 1, maxLength: 253 },
    sectionName: { type: 'string', maxLength: 253 },
    port: { type: 'integer', format: 'int32', minimum: 1, maximum: 65_535 },
  },
};

/** `PolicyStatus` of Gateway API: every kind of policy has it. */
export const policyStatusSchema: OpenApi = {
  description: 'What has become of the policy, for every target.',
  type: 'object',
  required: ['ancestors'],
  properties: {
    ancestors: {
      type: 'array',
      maxItems: 16,
      'x-kubernetes-list-type': 'atomic',
      items: {
        type: 'object',
        required: ['ancestorRef', 'conditions', 'controllerName'],
        properties: {
          ancestorRef,
          controllerName: { type: 'string', minLength: 1, maxLength: 253 },
          conditions: {
            type: 'array',
            minItems: 1,
            maxItems: 8,
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['type'],
            items: condition,
          },
        },
      },
    },
  },
};
