"""What the reader brings: workload.yaml, Kubernetes objects, OpenAPI documents."""
