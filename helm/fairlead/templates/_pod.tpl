{{- define "fairlead.podTemplate" -}}
metadata:
  labels:
    {{- include "fairlead.selectorLabels" . | nindent 4 }}
    app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.podAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "fairlead.serviceAccountName" . }}
  automountServiceAccountToken: true
  enableServiceLinks: false
  # Draining is the gateway's own: readiness turns false at SIGTERM, and it goes on accepting for --drain-grace. A preStop hook would only
  # put that off.
  terminationGracePeriodSeconds: {{ add .Values.drain.graceSeconds .Values.drain.timeoutSeconds 5 }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    seccompProfile:
      type: RuntimeDefault
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if eq .Values.kind "Deployment" }}
  topologySpreadConstraints: {{- include "fairlead.spread" . | nindent 4 }}
  {{- end }}
  containers:
    - name: fairlead
      image: {{ include "fairlead.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: {{- include "fairlead.args" . | nindent 8 }}
      env:
        - name: POD_NAME
          valueFrom: { fieldRef: { fieldPath: metadata.name } }
        - name: POD_NAMESPACE
          valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
        - name: POD_UID
          valueFrom: { fieldRef: { fieldPath: metadata.uid } }
        {{- with .Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      # Ports of Gateways come and go (20000 to 29999); their Services name them.
      ports:
        - name: admin
          containerPort: {{ .Values.admin.port }}
        {{- range .Values.hostPorts.ports }}
        - name: host-{{ .port }}
          containerPort: {{ .internalPort }}
          hostPort: {{ .port }}
        {{- end }}
      readinessProbe:
        httpGet: { path: /readyz, port: admin }
        periodSeconds: 1
        timeoutSeconds: 2
        failureThreshold: 3
      # Starved of CPU it is slow, not dead: a restart would only make it worse.
      livenessProbe:
        httpGet: { path: /livez, port: admin }
        initialDelaySeconds: 30
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      resources: {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
{{- end -}}

{{- define "fairlead.args" -}}
- run
- --fleet={{ .Release.Name }}
- --admin={{ ternary "[::]" .Values.admin.host (eq .Values.admin.host "::") }}:{{ .Values.admin.port }}
- --drain-grace={{ .Values.drain.graceSeconds }}
- --drain-timeout={{ .Values.drain.timeoutSeconds }}
{{- with .Values.hostPorts.ports }}
- --host-ports={{ range $i, $one := . }}{{ if $i }},{{ end }}{{ $one.port }}:{{ $one.internalPort }}{{ end }}
{{- end }}
{{- with .Values.hostPorts.addresses }}
- --addresses={{ join "," . }}
{{- end }}
{{- with .Values.gateway }}
- --workers={{ .workers }}
- --traffic-policy={{ .trafficPolicy }}
- --cluster-domain={{ .clusterDomain }}
- --access-log={{ .accessLog }}
- --log-level={{ .logLevel }}
{{- with .loadBalancerClass }}
- --load-balancer-class={{ . }}
{{- end }}
{{- with .trustedProxies }}
- --trusted-proxies={{ join "," . }}
{{- end }}
{{- if .exposeReason }}
- --expose-reason
{{- end }}
{{- if .allowLocalEndpoints }}
- --allow-local-endpoints
{{- end }}
{{- range .extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Over zones and nodes, each ReplicaSet for itself: during a rollout the old pods do not count. */}}
{{- define "fairlead.spread" -}}
{{- $selector := dict "matchLabels" (include "fairlead.selectorLabels" . | fromYaml) -}}
{{- range .Values.topologySpreadConstraints }}
- {{- merge (dict) . (dict "labelSelector" $selector) | toYaml | nindent 2 }}
{{- else }}
{{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
- topologyKey: {{ . }}
  maxSkew: 1
  whenUnsatisfiable: ScheduleAnyway
  matchLabelKeys: [pod-template-hash]
  labelSelector: {{- toYaml $selector | nindent 4 }}
{{- end }}
{{- end }}
{{- end -}}
