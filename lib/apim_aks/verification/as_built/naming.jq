# One object of each namespace by its name alone: of a kind that nobody here understands.
{items: [inputs.items | unique_by(.metadata.namespace)[]
  | {apiVersion, kind, metadata: {name: .metadata.name, namespace: .metadata.namespace}}]}
