{{/* odoo.conf as JSON: the chart's options, and over them those of the values. */}}
{{- define "odoo-dev-sandbox.odooConfig" -}}
{{- $config := dict
  "data_dir" "/var/lib/odoo"
  "addons_path" .Values.code.addonsPath
  "http_interface" "0.0.0.0"
  "http_port" "8069"
  "proxy_mode" "True"
  "db_name" .Values.odoo.database
  "db_template" "template0"
  "db_maxconn" (int .Values.odoo.dbMaxconn | toString)
  "list_db" "False"
  "admin_passwd" ""
  "workers" (int .Values.odoo.workers | toString)
  "max_cron_threads" "1"
  "limit_memory_hard" (int64 .Values.odoo.limitMemoryHard | toString)
  "limit_memory_soft" (int64 .Values.odoo.limitMemorySoft | toString)
  "limit_time_cpu" "600"
  "limit_time_real" "1200"
-}}
{{- if gt (int .Values.odoo.workers) 0 -}}
{{- $_ := set $config "gevent_port" "8072" -}}
{{- end -}}
{{- with .Values.odoo.devMode -}}
{{- $_ := set $config "dev_mode" . -}}
{{- end -}}
{{- range $name, $value := .Values.odoo.config -}}
{{- $_ := set $config $name $value -}}
{{- end -}}
{{- toJson $config -}}
{{- end -}}

{{/* What init.py reads. */}}
{{- define "odoo-dev-sandbox.initConfig" -}}
{{- $parameters := dict "report.url" "http://127.0.0.1:8069" -}}
{{- with include "odoo-dev-sandbox.url" . -}}
{{- $_ := set $parameters "web.base.url" . -}}
{{- $_ := set $parameters "web.base.url.freeze" "True" -}}
{{- end -}}
{{- with .Values.odoo.operator.url -}}
{{- $_ := set $parameters "woow_paas_platform.operator_url" . -}}
{{- end -}}
{{- with .Values.odoo.operator.paasDomain -}}
{{- $_ := set $parameters "woow_paas_platform.paas_domain" . -}}
{{- end -}}
{{- range $name, $value := .Values.odoo.parameters -}}
{{- $_ := set $parameters $name $value -}}
{{- end -}}
{{- $modules := .Values.odoo.modules.install -}}
{{- if not (has .Values.code.addon $modules) -}}
{{- $modules = append $modules .Values.code.addon -}}
{{- end -}}
{{- dict
  "database" .Values.odoo.database
  "image" (include "odoo-dev-sandbox.odooImage" .)
  "modules" $modules
  "scan" .Values.odoo.modules.scan
  "exclude" .Values.odoo.modules.exclude
  "strict" .Values.odoo.modules.strict
  "language" .Values.odoo.language
  "parameters" $parameters
  "passwordFile" "/run/secrets/odoo/password"
  "apiKeyFile" (ternary "/run/secrets/operator/api-key" "" (ne .Values.odoo.operator.apiKeySecret ""))
  "waitSeconds" (int .Values.odoo.databaseWaitSeconds)
| toJson -}}
{{- end -}}

{{/* Environment of every Odoo container, so that an exec sees what the server sees. */}}
{{- define "odoo-dev-sandbox.odooEnv" -}}
- name: HOST
  value: postgresql
- name: PORT
  value: "5432"
- name: USER
  value: {{ .Values.postgresql.auth.username | quote }}
- name: PASSWORD_FILE
  value: /run/secrets/postgresql/password
- name: ODOO_RC
  value: /opt/sandbox/odoo.conf
- name: HOME
  value: /var/lib/odoo
- name: SANDBOX_ADDONS
  value: {{ printf "%s:%s" .Values.code.addonsPath .Values.code.extraAddonsPath | quote }}
{{- with .Values.odoo.binary }}
- name: SANDBOX_ODOO_BINARY
  value: {{ . | quote }}
{{- end }}
# Python packages that are not in the image, and those that an addon installs itself.
- name: PYTHONUSERBASE
  value: /var/lib/odoo/python/current
- name: PYTHONDONTWRITEBYTECODE
  value: "1"
- name: PIP_BREAK_SYSTEM_PACKAGES
  value: "1"
{{- with .Values.odoo.requirements.indexUrl }}
- name: PIP_INDEX_URL
  value: {{ . | quote }}
{{- end }}
{{- with .Values.odoo.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "odoo-dev-sandbox.odooMounts" -}}
- name: files
  mountPath: /opt/sandbox
  readOnly: true
- name: data
  mountPath: /var/lib/odoo
- name: tmp
  mountPath: /tmp
- name: postgresql-secret
  mountPath: /run/secrets/postgresql
  readOnly: true
{{- if eq .Values.code.mode "local" }}
- name: src
  mountPath: {{ printf "%s/%s" .Values.code.addonsPath .Values.code.addon }}
  readOnly: true
{{- if .Values.code.local.extraAddons }}
- name: extra-addons
  mountPath: {{ .Values.code.extraAddonsPath }}
  readOnly: true
{{- end }}
{{- end }}
{{- end -}}
