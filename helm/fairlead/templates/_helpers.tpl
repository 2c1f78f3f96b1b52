{{/* The name of the objects; that of cluster-scoped ones has the namespace before it. */}}
{{- define "fairlead.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride }}
{{- else if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{- define "fairlead.clusterName" -}}
{{ .Release.Namespace }}-{{ include "fairlead.fullname" . }}
{{- end -}}

{{- define "fairlead.serviceAccountName" -}}
{{ .Values.serviceAccount.name | default (ternary (include "fairlead.fullname" .) "default" .Values.serviceAccount.create) }}
{{- end -}}

{{/* The fleet: what `--fleet` and the Services of Gateways select by. */}}
{{- define "fairlead.selectorLabels" -}}
app.kubernetes.io/name: fairlead
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "fairlead.labels" -}}
{{ include "fairlead.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "fairlead.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A binding of a role to the gateway. Takes: root, kind (of the binding), roleKind, name, namespace ("" for a ClusterRoleBinding). */}}
{{- define "fairlead.binding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .kind }}
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels: {{- include "fairlead.labels" .root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .roleKind }}
  name: {{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "fairlead.serviceAccountName" .root }}
    namespace: {{ .root.Release.Namespace }}
{{- end -}}

{{/* The same in each of rbac.namespaces, or everywhere when there are none. Takes: root, name. */}}
{{- define "fairlead.bindingsWhereGatewaysAre" -}}
{{- range .root.Values.rbac.namespaces }}
---
{{ include "fairlead.binding" (dict "root" $.root "kind" "RoleBinding" "roleKind" "ClusterRole" "name" $.name "namespace" .) }}
{{- else }}
---
{{ include "fairlead.binding" (dict "root" $.root "kind" "ClusterRoleBinding" "roleKind" "ClusterRole" "name" $.name "namespace" "") }}
{{- end }}
{{- end -}}
