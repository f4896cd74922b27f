{{- define "plain" -}}plain text{{- end -}}
{{- define "dot" -}}<{{ . }}>{{- end -}}
{{- define "labels" }}
app: {{ .Chart.Name }}
rel: {{ .Release.Name }}
{{- end }}
{{- define "boom" }}{{ .Values.nope.deeper }}{{ end }}
{{- define "outer" }}[{{ include "boom" . }}]{{ end }}
{{- define "loop" }}{{ include "loop" . }}{{ end }}
{{- define "self" }}{{ template "self" . }}{{ end }}
