{{- define "reconcile.fleet" -}}
{{- required "fleet.id is missing: reconcile rbac --format values > rbac.yaml, and --values rbac.yaml" .Values.fleet.id -}}
{{- end -}}

{{/* As reconcile itself calls the ClusterRole of what it may do in the whole cluster. */}}
{{- define "reconcile.role" -}}
reconcile-{{ include "reconcile.fleet" . }}
{{- end -}}

{{/* The same as the name of an object that takes fewer characters. */}}
{{- define "reconcile.plain" -}}
{{ include "reconcile.role" . | lower | replace "_" "-" | trimSuffix "-" | trimSuffix "." }}
{{- end -}}

{{/* As the ConfigMaps and Leases of this fleet end in namespace reconcile-system. */}}
{{- define "reconcile.note" -}}
{{- $id := include "reconcile.fleet" . -}}
{{- if regexMatch "^[a-z0-9-]+$" $id }}{{ $id }}{{ else }}{{ $id | sha256sum | trunc 16 }}{{ end -}}
{{- end -}}

{{/* In the release's namespace: only there a CronJob can use it. */}}
{{- define "reconcile.account" -}}
{{- $account := .Values.serviceAccount -}}
{{- if and $account.namespace (ne $account.namespace .Release.Namespace) -}}
{{- fail (printf "fleet.toml says service_account = \"%s/%s\", and this release is in namespace %s: --namespace %s" $account.namespace $account.name .Release.Namespace $account.namespace) -}}
{{- end -}}
{{ $account.name }}
{{- end -}}

{{- define "reconcile.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "reconcile.subjects" -}}
- kind: ServiceAccount
  name: {{ include "reconcile.account" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}

{{- define "reconcile.image" -}}
{{- $image := .Values.image -}}
{{- $repository := required "image.repository is missing: an image with reconcile in it, see the chart's README" $image.repository -}}
{{- if $image.digest -}}
{{ $repository }}@{{ $image.digest }}
{{- else -}}
{{ $repository }}:{{ $image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}
