# What kubectl shows of objects by their names, as one line: with the owners of their fields, and
# without status and whatever a Secret holds.
def kept: del(.status, .metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"])
  | if .kind == "Secret" then del(.data, .stringData) else . end;
{items: [inputs | (if has("items") then .items[] else . end) | kept]}
