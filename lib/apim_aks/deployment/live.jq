# What kubectl shows of objects by their names, as one line: with the owners of their fields, and
# without status, but for the address of a Service, and whatever a Secret holds.
def status: if .kind == "Service" then .status |= {loadBalancer: .loadBalancer} else del(.status) end;
def kept: del(.metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]) | status
  | if .kind == "Secret" then del(.data, .stringData) else . end;
{items: [inputs | (if has("items") then .items[] else . end) | kept]}
