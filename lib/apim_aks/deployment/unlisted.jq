# What kubectl lists of a kind, as one line: what an object leads to or guards, and its marks.
def kept: del(.metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"],
    .metadata.managedFields)
  | if .kind == "Service" then .status |= {loadBalancer: .loadBalancer} else del(.status) end;
{items: [inputs | (if has("items") then .items[] else . end) | kept]}
