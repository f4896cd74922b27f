{{- define "copies.image" }}{{ .image.name }}:{{ .image.tag }}{{ end }}
{{- define "copies.render" }}{{ tpl (.value | toYaml) .context }}{{ end }}
