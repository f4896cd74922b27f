{{/* Arithmetic of quantities: does what this chart runs fit into its own quota? */}}

{{/* CPU in thousandths: `2` is 2000, `500m` is 500. */}}
{{- define "odoo-dev-sandbox.millicores" -}}
{{- $quantity := toString . -}}
{{- if hasSuffix "m" $quantity -}}
{{ trimSuffix "m" $quantity | int }}
{{- else -}}
{{ mul (int $quantity) 1000 }}
{{- end -}}
{{- end -}}

{{/* Memory or storage in Mi: `2Gi` is 2048, `64Mi` is 64. */}}
{{- define "odoo-dev-sandbox.mebibytes" -}}
{{- $quantity := toString . -}}
{{- if hasSuffix "Gi" $quantity -}}
{{ mul (trimSuffix "Gi" $quantity | int) 1024 }}
{{- else -}}
{{ trimSuffix "Mi" $quantity | int }}
{{- end -}}
{{- end -}}

{{/*
Fails when a container is over the LimitRange, or a sum over its quota. Nginx counts twice: during an update its old and its
new pod overlap. Odoo and pgAdmin are recreated, PostgreSQL is a StatefulSet; Odoo's init
containers ask for what Odoo asks for, and a pod counts as its largest.
*/}}
{{- define "odoo-dev-sandbox.checkQuota" -}}
{{- $values := .Values -}}
{{- $max := $values.limitRange.max -}}
{{- $pods := list $values.odoo.resources $values.postgresql.resources $values.nginx.resources $values.nginx.resources -}}
{{- if $values.pgadmin.enabled -}}
{{- $pods = append $pods $values.pgadmin.resources -}}
{{- end -}}
{{- range $pod := $pods -}}
{{- if or
  (gt (include "odoo-dev-sandbox.millicores" $pod.limits.cpu | int) (include "odoo-dev-sandbox.millicores" $max.cpu | int))
  (gt (include "odoo-dev-sandbox.mebibytes" $pod.limits.memory | int) (include "odoo-dev-sandbox.mebibytes" $max.memory | int))
-}}
{{- fail (printf "a container's limits, %v CPU and %v, are more than limitRange.max, %v CPU and %v" $pod.limits.cpu $pod.limits.memory $max.cpu $max.memory) -}}
{{- end -}}
{{- end -}}
{{- range $kind := list "requests" "limits" -}}
{{- $quota := index $values.quota $kind -}}
{{- $cpu := 0 -}}
{{- $memory := 0 -}}
{{- range $pod := $pods -}}
{{- $cpu = add $cpu (include "odoo-dev-sandbox.millicores" (index $pod $kind "cpu") | int) -}}
{{- $memory = add $memory (include "odoo-dev-sandbox.mebibytes" (index $pod $kind "memory") | int) -}}
{{- end -}}
{{- if gt (int $cpu) (include "odoo-dev-sandbox.millicores" $quota.cpu | int) -}}
{{- fail (printf "the pods' CPU %s come to %dm during an update, more than quota.%s.cpu, %v" $kind (int $cpu) $kind $quota.cpu) -}}
{{- end -}}
{{- if gt (int $memory) (include "odoo-dev-sandbox.mebibytes" $quota.memory | int) -}}
{{- fail (printf "the pods' memory %s come to %dMi during an update, more than quota.%s.memory, %v" $kind (int $memory) $kind $quota.memory) -}}
{{- end -}}
{{- end -}}
{{- $storage := add (include "odoo-dev-sandbox.mebibytes" $values.odoo.persistence.size | int) (include "odoo-dev-sandbox.mebibytes" $values.postgresql.persistence.size | int) -}}
{{- if eq $values.code.mode "local" -}}
{{- /* The nominal sizes of the mounted folders. */ -}}
{{- $storage = add $storage (ternary 200 100 (ne $values.code.local.extraAddons "")) -}}
{{- end -}}
{{- if gt (int $storage) (include "odoo-dev-sandbox.mebibytes" $values.quota.requests.storage | int) -}}
{{- fail (printf "the volumes come to %dMi, more than quota.requests.storage, %v" (int $storage) $values.quota.requests.storage) -}}
{{- end -}}
{{- end -}}
