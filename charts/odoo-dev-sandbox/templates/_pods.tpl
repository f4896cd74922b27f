{{/* What all pods share: Pod Security `restricted`, and who they run as. */}}

{{- define "odoo-dev-sandbox.pod" -}}
serviceAccountName: sandbox
automountServiceAccountToken: {{ .token | default false }}
# A Service named odoo would set ODOO_PORT, and one named postgresql POSTGRESQL_PORT.
enableServiceLinks: false
terminationGracePeriodSeconds: {{ int .root.Values.terminationGracePeriodSeconds }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ int .user }}
  runAsGroup: {{ int .group }}
  fsGroup: {{ int .group }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "odoo-dev-sandbox.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop:
    - ALL
{{- end -}}

{{/*
The Secret's part of a checksum. The password is not in it: helm would draw a new one for
the checksum, and restart the pods once for nothing. It is read at the first start only.
*/}}
{{- define "odoo-dev-sandbox.secretFacts" -}}
{{ printf "%s %s %s" (include "odoo-dev-sandbox.postgresqlSecret" .) .Values.postgresql.auth.username (include "odoo-dev-sandbox.odooSecret" .) }}
{{- end -}}

{{/*
What the ConfigMaps hold, indented for them. The checksums are of that alone: a label of the
ConfigMap, such as the chart's version, restarts nothing.
*/}}

{{- define "odoo-dev-sandbox.odooFiles" -}}
odoo.conf: |
    {{- tpl (.Files.Get "files/odoo/odoo.conf") . | nindent 4 }}
  init.json: {{ include "odoo-dev-sandbox.initConfig" . | quote }}
  {{- range list "run.sh" "addons.py" "init.py" "settings.py" "requirements.py" "test.py" }}
  {{ . }}: |
    {{- $.Files.Get (printf "files/odoo/%s" .) | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "odoo-dev-sandbox.nginxFiles" -}}
nginx.conf: |
    {{- tpl (.Files.Get "files/nginx/nginx.conf") . | nindent 4 }}
{{- end -}}

{{- define "odoo-dev-sandbox.odooChecksum" -}}
{{ include "odoo-dev-sandbox.odooFiles" . | sha256sum }}
{{- end -}}

{{- define "odoo-dev-sandbox.nginxChecksum" -}}
{{ include "odoo-dev-sandbox.nginxFiles" . | sha256sum }}
{{- end -}}
