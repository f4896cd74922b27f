{{- define "lib.name" -}}from lib {{ .Values.own }}{{- end -}}
