"""What a cluster and Azure hold once an option is deployed: objects, interfaces, rules, balancers.

`live` puts it beside the resources of the templates. The objects are those that the API server
would hold, as kubectl prints them, with a pod for each workload; the rules are those that
kubernetes-sigs/cloud-provider-azure writes for Services, written down here a second time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from apim_aks.artefacts.manifests import ManifestFile, manifests
from apim_aks.artefacts.manifests.applied import steps
from apim_aks.decision.design import Placement
from apim_aks.workload.kubernetes.apply import apply
from apim_aks.workload.kubernetes.object import Object, objects_in
from tests.support.arm_server import Arm
from tests.support.snapshots import pod_of, shown

Json = dict[str, Any]
_BETA = "service.beta.kubernetes.io"
_ADD_ON = re.compile(r"aks-istio-ingressgateway-(external|internal)")
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")


def live(arm: Arm, placement: Placement, nodes: str) -> None:
    """The cluster's objects, read when somebody asks, and what AKS makes in the nodes' group."""
    arm.groups[nodes.lower()] = {"id": arm.scope(nodes), "name": nodes}
    addressed(arm)
    objects = list(_objects(arm, placement))
    arm.cluster = objects
    nodes_of(arm, nodes, [o for o in objects if o["kind"] == "Service"])


def addressed(arm: Arm) -> None:
    """Public addresses of Services differ from each other."""
    made = [id for id in arm.resources if re.search(r"/publicipaddresses/pip-(?!apim|edge)", id)]
    for number, id in enumerate(made):
        arm.resources[id]["properties"]["ipAddress"] = f"20.9.8.{7 + number}"


def _objects(arm: Arm, placement: Placement) -> Iterator[Json]:
    files = [_filled(file, _gateway(arm)) for file in manifests(placement)]
    held = apply(objects_in(placement.workload.documents, []), steps(files)).objects
    yield from shown_with_pods(arm, (h.object for h in held))
    named = {o["metadata"]["name"] for f in files for o in f.objects if o["kind"] == "Service"}
    yield from list(add_on_pods(named))


def shown_with_pods(arm: Arm, held: Iterable[Object]) -> Iterator[Json]:
    """Objects as the API server shows them, with a pod for each workload and no Secret."""
    for at, made in enumerate(shown(held)):
        if made["kind"] == "Secret":
            continue
        if made["kind"] == "Service":
            _of_add_on(made)
            _balanced(arm, made, at)
        if made["kind"] in _WORKLOADS:
            yield pod_of(made, at)
        yield made


def _gateway(arm: Arm) -> str:
    found = (r for id, r in arm.resources.items() if re.search(r"apimanagement/service/[^/]+$", id))
    made = next(found, {"properties": {"publicIPAddresses": ["20.1.2.3"]}})
    return str(made["properties"]["publicIPAddresses"][0])


def _filled(file: ManifestFile, address: str) -> ManifestFile:
    def filled(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("<GATEWAY_PUBLIC_IP>", address)
        if isinstance(value, dict):
            return {k: filled(v) for k, v in value.items()}
        return [filled(v) for v in value] if isinstance(value, list) else value

    return replace(file, objects=tuple(filled(o) for o in file.objects))


def _of_add_on(service: Json) -> None:
    """The add-on makes the Service that a file of ours changes."""
    name = service["metadata"]["name"]
    if _ADD_ON.fullmatch(name):
        service["spec"] |= {
            "type": "LoadBalancer",
            "selector": {"app": name, "istio": name},
            "ports": [
                {"name": "https", "port": 443, "targetPort": 443, "protocol": "TCP", "nodePort": n}
                for n in (30443,)
            ],
        }


def add_on_pods(names: Iterable[str]) -> Iterator[Json]:
    """The pods behind those of these Services that are the add-on's."""
    for at, name in enumerate(n for n in sorted(names) if _ADD_ON.fullmatch(n)):
        labels = {"app": name, "istio": name}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "proxy"}]}}
        metadata = {"name": name, "namespace": "aks-istio-ingress", "uid": "0"}
        made = {"kind": "Deployment", "metadata": metadata, "spec": {"template": template}}
        yield pod_of(made, 900 + at)


def _balanced(arm: Arm, service: Json, at: int) -> None:
    """The address of its frontend, as the cloud provider shows it."""
    spec = service["spec"]
    if spec.get("type") != "LoadBalancer":
        return
    notes = service["metadata"].get("annotations") or {}
    address = notes.get(f"{_BETA}/azure-load-balancer-ipv4")
    pip = notes.get(f"{_BETA}/azure-pip-name")
    if pip:
        found = next(r for id, r in arm.resources.items() if id.endswith(f"/{pip.lower()}"))
        address = found["properties"]["ipAddress"]
    public = notes.get(f"{_BETA}/azure-load-balancer-internal", "").lower() != "true"
    address = address or (f"20.9.9.{at % 250}" if public else f"10.40.0.{100 + at % 100}")
    service["status"] = {"loadBalancer": {"ingress": [{"ip": address, "ipMode": "VIP"}]}}


# What AKS makes in the resource group of the nodes


def nodes_of(arm: Arm, nodes: str, services: list[Json]) -> None:
    """The security group, the nodes and the load balancer as these Services make them."""
    network = f"{arm.scope(nodes)}/providers/Microsoft.Network"
    group = f"{network}/networkSecurityGroups/aks-agentpool-1-nsg"
    rules = list(_numbered(rule for service in services for rule in _rules(service)))
    arm.put(
        group,
        type="Microsoft.Network/networkSecurityGroups",
        location="westeurope",
        properties={"securityRules": rules, "provisioningState": "Succeeded"},
    )
    sets = f"{arm.scope(nodes)}/providers/Microsoft.Compute/virtualMachineScaleSets/aks-pool-1-vmss"
    arm.put(sets, type="Microsoft.Compute/virtualMachineScaleSets", properties={})
    machine = {"virtualMachine": {"id": f"{sets}/virtualMachines/0"}}
    arm.put(
        f"{sets}/networkInterfaces/aks-pool-1",
        properties=machine | {"networkSecurityGroup": {"id": group}},
    )
    balancer = arm.resources.get(f"{network}/loadBalancers/kubernetes".lower())
    if balancer:
        balancer["type"] = "Microsoft.Network/loadBalancers"
        balancer["properties"]["loadBalancingRules"] = [
            {"name": f"a{s['metadata']['uid'].replace('-', '')}"[:32] + f"-TCP-{p['port']}"}
            for s in services
            if s["spec"].get("type") == "LoadBalancer"
            for p in s["spec"]["ports"]
        ]


def _rules(service: Json) -> Iterator[Json]:
    """Its rules in the group of the nodes: pkg/provider/loadbalancer/accesscontrol.go."""
    if service["spec"].get("type") != "LoadBalancer":
        return
    notes = service["metadata"].get("annotations") or {}
    ranges = list(service["spec"].get("loadBalancerSourceRanges") or ())
    ranges += [r for r in notes.get(f"{_BETA}/azure-allowed-ip-ranges", "").split(",") if r]
    addresses = [i["ip"] for i in service["status"]["loadBalancer"]["ingress"]]
    ports = [str(p["port"]) for p in service["spec"]["ports"]]
    internal = notes.get(f"{_BETA}/azure-load-balancer-internal") == "true"
    sources = ranges or ([] if internal else ["Internet"])
    if sources:
        yield _rule("allow", "Allow", 500, sources, addresses, ports, "Tcp")
    if ranges and notes.get(f"{_BETA}/azure-deny-all-except-load-balancer-source-ranges") == "true":
        yield _rule("deny-all", "Deny", 4000, ["*"], addresses, ["*"], "*")


def _rule(
    name: str,
    access: str,
    priority: int,
    sources: list[str],
    targets: list[str],
    ports: list[str],
    protocol: str,
) -> Json:
    return {
        "name": f"k8s-azure-lb_{name}_IPv4",
        "properties": {
            "provisioningState": "Succeeded",
            "protocol": protocol,
            "sourcePortRange": "*",
            **_one_or_many("sourceAddressPrefix", sources),
            **_one_or_many("destinationAddressPrefix", targets),
            "destinationPortRanges": ports,
            "access": access,
            "priority": priority,
            "direction": "Inbound",
        },
    }


def _one_or_many(name: str, values: list[str]) -> Json:
    return {name: values[0]} if len(values) == 1 else {f"{name}es": values}


def _numbered(rules: Iterator[Json]) -> Iterator[Json]:
    for number, rule in enumerate(rules):
        priority = rule["properties"]["priority"] + number
        name = f"{rule['name']}_{number}"
        yield {"name": name, "properties": rule["properties"] | {"priority": priority}}
