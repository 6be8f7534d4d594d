"""Objects as a cluster shows them once they are applied: what `kubectl get -o yaml` prints.

Defaults are those of kubernetes/kubernetes@023f88a, pkg/apis/*/v1/defaults.go; beside them stand
what the API server and its controllers write: ids, versions, managed fields, status, node ports,
addresses, and the EndpointSlices of Services.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from json import dumps
from typing import Any

from apim_aks.workload.documents import Parsed, parse
from apim_aks.workload.kubernetes.object import Object

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job")
_CONTROLLER = "endpointslice-controller.k8s.io"
_AT = "2026-11-27T10:00:00Z"


def snapshot(objects: Iterable[Object]) -> tuple[Parsed, ...]:
    """The objects, and what controllers made of them, as one recorded list."""
    items = [made for at, one in enumerate(shown(objects)) for made in (one, *_owned(one, at))]
    text = dumps({"apiVersion": "v1", "kind": "List", "items": items})
    return parse(text.encode(), "snapshot.yaml").documents


def _owned(workload: dict[str, Any], at: int) -> Iterator[dict[str, Any]]:
    """The ReplicaSet that a Deployment keeps, and a pod of each workload."""
    if workload["kind"] == "Deployment":
        yield _replica_set(workload, at)
    if workload["kind"] in ("Deployment", "StatefulSet", "DaemonSet"):
        yield pod_of(workload, at)


def _hash(at: int) -> str:
    return f"6d8c7{at:05x}"


def _replica_set(workload: dict[str, Any], at: int) -> dict[str, Any]:
    made = deepcopy(workload)
    metadata, hashed = made["metadata"], _hash(at)
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "controller": True}
    owner |= {"name": metadata["name"], "uid": metadata["uid"]}
    metadata |= {"name": f"{metadata['name']}-{hashed}", "ownerReferences": [owner]}
    labels = made["spec"]["template"]["metadata"].setdefault("labels", {})
    labels["pod-template-hash"] = hashed
    made["spec"] = {k: made["spec"].get(k) for k in ("selector", "template")} | {"replicas": 1}
    return made | {"kind": "ReplicaSet", "status": {"replicas": 1, "readyReplicas": 1}}


def pod_of(workload: dict[str, Any], at: int) -> dict[str, Any]:
    """A pod that its controller has made of the template."""
    metadata, template = workload["metadata"], workload["spec"]["template"]
    name, hashed = metadata["name"], _hash(at)
    owner = {"kind": workload["kind"], "name": name, "uid": metadata["uid"], "controller": True}
    labels = dict(template["metadata"].get("labels") or {})
    if workload["kind"] == "Deployment":
        owner |= {"kind": "ReplicaSet", "name": f"{name}-{hashed}"}
        labels["pod-template-hash"] = hashed
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{name}-{hashed}-x2x4z",
            "namespace": metadata["namespace"],
            "labels": labels,
            "annotations": template["metadata"].get("annotations") or {},
            "ownerReferences": [{"apiVersion": "apps/v1", **owner}],
        },
        "spec": template["spec"],
        "status": {"phase": "Running", "podIP": f"10.244.0.{at % 250}"},
    }


def shown(objects: Iterable[Object]) -> Iterator[dict[str, Any]]:
    """Each object as kubectl prints it, after what controllers made of it."""
    for at, object in enumerate(objects):
        yield from _shown(object.data, at)


def _shown(data: dict[str, Any], at: int) -> Iterator[dict[str, Any]]:
    made = deepcopy(data)
    metadata = made.setdefault("metadata", {})
    metadata |= {
        "uid": f"00000000-0000-4000-8000-{at:012}",
        "resourceVersion": str(1000 + at),
        "creationTimestamp": _AT,
        "managedFields": [
            {
                "manager": "kubectl",
                "operation": "Apply",
                "apiVersion": made["apiVersion"],
                "time": _AT,
                "fieldsType": "FieldsV1",
                "fieldsV1": {"f:spec": {}},
            }
        ],
    }
    kind = made["kind"]
    if kind == "Service":
        _service(made, at)
        yield _slice(made)
    elif kind == "NetworkPolicy":
        _policy(made["spec"])
    elif kind == "Namespace":
        labels = metadata.setdefault("labels", {})
        labels["kubernetes.io/metadata.name"] = metadata["name"]
        made |= {"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
    elif kind in _WORKLOADS:
        metadata["generation"] = 1
        _template(made["spec"]["template"])
        made["status"] = {"observedGeneration": 1, "readyReplicas": 1}
    elif kind == "CronJob":
        _template(made["spec"]["jobTemplate"]["spec"]["template"])
    yield made


def _service(made: dict[str, Any], at: int) -> None:
    spec = made["spec"]
    spec.setdefault("type", "ClusterIP")
    if spec["type"] == "ExternalName":
        return
    spec.setdefault("sessionAffinity", "None")
    spec.setdefault("internalTrafficPolicy", "Cluster")
    spec |= {"ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"}
    spec.setdefault("clusterIP", f"10.0.1.{at % 250}")
    spec["clusterIPs"] = [spec["clusterIP"]]
    outward = spec["type"] in ("NodePort", "LoadBalancer")
    if outward:
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if spec["type"] == "LoadBalancer":
        outward = spec.setdefault("allocateLoadBalancerNodePorts", True)
    for number, port in enumerate(spec.get("ports", [])):
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port["port"])
        if outward:
            port.setdefault("nodePort", 30100 + (at * 7 + number) % 2000)
    made["status"] = {"loadBalancer": {}}


def _slice(service: dict[str, Any]) -> dict[str, Any]:
    """The EndpointSlice that the controller keeps for a Service."""
    name = service["metadata"]["name"]
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": f"{name}-x7k2p",
            "namespace": service["metadata"]["namespace"],
            "labels": {
                "endpointslice.kubernetes.io/managed-by": _CONTROLLER,
                "kubernetes.io/service-name": name,
            },
            "ownerReferences": [
                {
                    "apiVersion": "v1",
                    "kind": "Service",
                    "name": name,
                    "uid": service["metadata"]["uid"],
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.244.0.9"], "conditions": {"ready": True}}],
        "ports": [{"name": "", "port": 8080, "protocol": "TCP"}],
    }


def _policy(spec: dict[str, Any]) -> None:
    spec.setdefault("podSelector", {})
    spec.setdefault("policyTypes", ["Ingress", *(["Egress"] if spec.get("egress") else [])])
    for rule in (*(spec.get("ingress") or ()), *(spec.get("egress") or ())):
        for port in (rule or {}).get("ports") or ():
            port.setdefault("protocol", "TCP")


def _template(template: dict[str, Any]) -> None:
    template["metadata"]["creationTimestamp"] = None
    spec = template["spec"]
    more = {"dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler"}
    more |= {"restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "securityContext": {}}
    for key, value in more.items():
        spec.setdefault(key, value)
    for container in (*spec["containers"], *(spec.get("initContainers") or ())):
        container.setdefault("terminationMessagePath", "/dev/termination-log")
        container.setdefault("imagePullPolicy", "IfNotPresent")
        for port in container.get("ports") or ():
            port.setdefault("protocol", "TCP")
            if spec.get("hostNetwork"):
                port.setdefault("hostPort", port["containerPort"])
