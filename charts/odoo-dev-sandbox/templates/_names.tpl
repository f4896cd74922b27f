{{/* Names and labels. The objects have short names, since the namespace is the sandbox's own. */}}

{{- define "odoo-dev-sandbox.sandboxName" -}}
{{- .Values.sandbox.name | default .Release.Name -}}
{{- end -}}

{{/* Of objects, not of pods: a new chart version must not restart anything by itself. */}}
{{- define "odoo-dev-sandbox.labels" -}}
{{ include "odoo-dev-sandbox.selector" . }}
{{ include "odoo-dev-sandbox.commonLabels" .root }}
{{- end -}}

{{- define "odoo-dev-sandbox.commonLabels" -}}
app.kubernetes.io/part-of: {{ include "odoo-dev-sandbox.sandboxName" . | trunc 63 | trimSuffix "-" | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "odoo-dev-sandbox.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "odoo-dev-sandbox.metadata" -}}
name: {{ .name | default .component }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "odoo-dev-sandbox.labels" (dict "root" .root "component" .component) | nindent 2 }}
{{- end -}}

{{- define "odoo-dev-sandbox.image" -}}
{{- if .digest -}}
{{ printf "%s@%s" .repository .digest }}
{{- else -}}
{{ printf "%s:%s" .repository (.tag | toString) }}
{{- end -}}
{{- end -}}

{{- define "odoo-dev-sandbox.odooImage" -}}
{{- .Values.sandbox.image | default (include "odoo-dev-sandbox.image" .Values.odoo.image) -}}
{{- end -}}

{{- define "odoo-dev-sandbox.host" -}}
{{- .Values.ingress.host | default .Values.sandbox.host -}}
{{- end -}}

{{/* Empty without a host. */}}
{{- define "odoo-dev-sandbox.url" -}}
{{- if .Values.sandbox.url -}}
{{ .Values.sandbox.url }}
{{- else if include "odoo-dev-sandbox.host" . -}}
{{ ternary "https" "http" (ne .Values.ingress.tls.secretName "") }}://{{ include "odoo-dev-sandbox.host" . }}
{{- end -}}
{{- end -}}

{{- define "odoo-dev-sandbox.websocketPort" -}}
{{ ternary "8072" "8069" (gt (int .Values.odoo.workers) 0) }}
{{- end -}}

{{- define "odoo-dev-sandbox.postgresqlSecret" -}}
{{- .Values.postgresql.auth.existingSecret | default "postgresql" -}}
{{- end -}}

{{- define "odoo-dev-sandbox.odooSecret" -}}
{{- .Values.odoo.auth.existingSecret | default "odoo" -}}
{{- end -}}

{{- define "odoo-dev-sandbox.pgadminSecret" -}}
{{- .Values.pgadmin.auth.existingSecret | default "pgadmin" -}}
{{- end -}}

{{/* Cluster-scoped, so the namespace is part of it. */}}
{{- define "odoo-dev-sandbox.codeVolume" -}}
{{ printf "%s-%s-%s" .root.Release.Namespace .root.Release.Name .name }}
{{- end -}}
