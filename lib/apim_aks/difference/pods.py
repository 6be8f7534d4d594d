"""The workloads whose pods a proof is about, as what differs in the input."""

from __future__ import annotations

from apim_aks.difference.attributes import PLACE, UNNAMED, Facet, Subject
from apim_aks.reachability.proof import Proof
from apim_aks.reachability.scene import Pod


def workloads(proof: Proof) -> Facet:
    """Deployments and others that make pods, with labels and ports; a report does not have them."""
    found: dict[Subject, dict[str, str]] = {}
    for pod in proof.site.scene.pods:
        subject = Subject(f"{pod.kind} {pod.namespace}/{pod.owner}")
        place = f"{pod.file} line {pod.line}" if pod.line else pod.file
        found.setdefault(subject, {}).update({**_said(pod), PLACE: place})
    return found


def _said(pod: Pod) -> dict[str, str]:
    ports = [f"{protocol} {number}" for _, protocol, number in pod.ports]
    hosts = [f"{protocol} {of_node}" for protocol, _, of_node in pod.host_ports]
    said = {
        "labels": ", ".join(f"{key}={value}" for key, value in pod.labels),
        "ports": ", ".join(ports),
        "host ports": ", ".join(hosts),
        f"{UNNAMED}network": "in the network of the node" if pod.host_network else "",
    }
    return {name: value for name, value in said.items() if value}
