"""The input: workload.yaml, Kubernetes objects, OpenAPI documents."""
