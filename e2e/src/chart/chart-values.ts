/** Ways to install the chart that differ in what is rendered; by what they are called. */
export const valuesMatrix: Readonly<Record<string, object>> = {
  defaults: {},
  'a DaemonSet': { kind: 'DaemonSet', tolerations: [{ operator: 'Exists' }], nodeSelector: { edge: 'true' } },
  'with ports of the nodes': {
    kind: 'DaemonSet',
    hostPorts: {
      ports: [
        { port: 80, internalPort: 20_080 },
        { port: 443, internalPort: 20_443 },
      ],
      addresses: ['192.0.2.1', 'edge.example'],
    },
  },
  'scaled by load': { autoscaling: { enabled: true, minReplicas: 3, maxReplicas: 30 } },
  'everything turned off': {
    gatewayClass: { create: false },
    serviceAccount: { create: false },
    rbac: { create: false },
    podDisruptionBudget: { enabled: false },
    networkPolicy: { enabled: false },
  },
  'rights in some namespaces': { rbac: { namespaces: ['shop', 'blog'] } },
  'with metrics': {
    serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
    networkPolicy: {
      adminFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
    },
  },
  'every setting of the gateway': {
    gateway: {
      workers: 4,
      trafficPolicy: 'Local',
      loadBalancerClass: 'example.com/internal',
      clusterDomain: 'corp.example',
      trustedProxies: ['10.0.0.0/8', '2001:db8::/32'],
      accessLog: 'off',
      logLevel: 'debug',
      exposeReason: true,
      allowLocalEndpoints: true,
      extraArgs: ['--json'],
    },
    admin: { host: '::', port: 9000 },
    drain: { graceSeconds: 0, timeoutSeconds: 600 },
  },
  'every setting of the pods': {
    replicaCount: 1,
    image: { repository: 'registry.example/fairlead', digest: `sha256:${'a'.repeat(64)}`, pullPolicy: 'Always' },
    imagePullSecrets: [{ name: 'registry' }],
    fullnameOverride: 'edge',
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'edge', operator: 'Exists' }] }],
        },
      },
    },
    priorityClassName: 'system-cluster-critical',
    podAnnotations: { 'example.com/note': 'yes' },
    podLabels: { team: 'edge' },
    extraEnv: [{ name: 'TZ', value: 'UTC' }],
    podDisruptionBudget: { maxUnavailable: '25%' },
    topologySpreadConstraints: [{ topologyKey: 'rack', maxSkew: 2, whenUnsatisfiable: 'DoNotSchedule' }],
    serviceAccount: { name: 'edge-gateway', annotations: { 'example.com/role': 'edge' } },
    gatewayClass: { name: 'edge' },
  },
};
