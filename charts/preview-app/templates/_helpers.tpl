{{- define "preview-app.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "preview-app.metadata" -}}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "preview-app.selector" . | nindent 2 }}
  app.kubernetes.io/part-of: {{ .Values.sandbox.name | default .Release.Name | trunc 63 | trimSuffix "-" | quote }}
  app.kubernetes.io/managed-by: {{ .Release.Service }}
  helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "preview-app.image" -}}
{{- $image := .Values.image -}}
{{- $default := printf "%s:%s" $image.repository (toString $image.tag) -}}
{{- if $image.digest -}}
{{- $default = printf "%s@%s" $image.repository $image.digest -}}
{{- end -}}
{{- .Values.sandbox.image | default $default -}}
{{- end -}}

{{- define "preview-app.host" -}}
{{- .Values.ingress.host | default .Values.sandbox.host -}}
{{- end -}}

{{/* Empty without a host. */}}
{{- define "preview-app.url" -}}
{{- if .Values.sandbox.url -}}
{{ .Values.sandbox.url }}
{{- else if include "preview-app.host" . -}}
{{ ternary "https" "http" (ne .Values.ingress.tls.secretName "") }}://{{ include "preview-app.host" . }}
{{- end -}}
{{- end -}}

{{- define "preview-app.probe" -}}
{{- if .Values.probes.path -}}
httpGet:
  path: {{ .Values.probes.path | quote }}
  port: http
{{- else -}}
tcpSocket:
  port: http
{{- end }}
timeoutSeconds: 3
{{- end -}}
