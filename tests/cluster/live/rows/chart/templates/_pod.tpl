{{- define "pod" }}
metadata:
  labels: {app: web}
  annotations: {note: ours}
spec:
  serviceAccountName: default
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 0
  nodeSelector: {kubernetes.io/os: linux}
  tolerations: [{key: a, operator: Exists}]
  securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
  volumes:
    - {name: tmp, emptyDir: {}}
  containers:
    - name: web
      image: registry.example.com/web:1
      args: [serve, --port, "8080"]
      env:
        - {name: COLOUR, value: blue}
        - {name: LEVEL, value: info}
      ports:
        - {name: dns-tcp, containerPort: 53}
        - {name: dns, containerPort: 53, protocol: UDP}
      resources:
        requests: {cpu: 1000m, memory: 1024Mi}
      securityContext:
        allowPrivilegeEscalation: false
        capabilities: {drop: [ALL]}
      volumeMounts:
        - {name: tmp, mountPath: /tmp}
{{- end }}
