# A list of kubectl as one line: what decides about connections, and nothing of environments,
# commands and status. Pods that have ended and slices that a controller keeps are left out.
def runs: .kind != "Pod" or (.status.phase != "Succeeded" and .status.phase != "Failed");
def by_hand: .kind != "EndpointSlice"
  or .metadata.labels["endpointslice.kubernetes.io/managed-by"] != "endpointslice-controller.k8s.io";
def tells: .kind != "ConfigMap"
  or ((.data // {}) | has("service") or has("config.service.endpoint")
    or any(.[]; tostring | contains("static_resources:")));
def bare: del(.. | objects | .env, .command, .args, .resources, .livenessProbe,
  .readinessProbe, .startupProbe, .lifecycle, .volumeMounts);
def status: if .kind == "Service" then .status |= {loadBalancer: .loadBalancer}
  elif .kind == "Pod" then .status |= {podIP: .podIP} else del(.status) end;
def kept: del(.metadata.managedFields,
    .metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"])
  | status
  | if .spec.containers? or .spec.template? or .spec.jobTemplate? then bare else . end;
{items: [inputs.items[] | select(runs and by_hand and tells) | kept]}
