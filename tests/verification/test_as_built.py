"""The proof over live state: the same as from the files, and what changes there is noticed."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import pytest

from apim_aks.reachability.templates.network import azure_network
from apim_aks.reachability.templates.network_values import Peering
from apim_aks.topology.check import Check, State
from apim_aks.verification import as_built
from apim_aks.verification.as_built import standing_checks
from apim_aks.verification.as_built.azure_side import as_resource
from apim_aks.verification.as_built.cluster_side import cluster_side
from apim_aks.verification.as_built.forms import WHOLE
from apim_aks.verification.as_built.proof import as_built as proof_of
from apim_aks.verification.drift import Drift, DriftState
from apim_aks.verification.live import _apart
from apim_aks.verification.resource_ids import ground
from tests.support.arm_replay import exchanges
from tests.support.arm_server import Fault, Json, error
from tests.support.places import CORPORA
from tests.support.series import combined
from tests.verification.deployed import Standing, standing

WORKLOADS = ("contoso-orders", "contoso-retail")
OPTIONS = ("public-services", "ingress-mtls", "vnet-external", "v2-integration")
INSIDE = "v2-integration"
HERE = Path(as_built.__file__).parent
Open = Callable[[str, str], Standing]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Each option of a workload, standing as it was deployed; made once."""
    with ExitStack() as stack:
        known: dict[tuple[str, str], Standing] = {}

        def get(workload: str, option: str) -> Standing:
            key = workload, option
            if key not in known:
                folder = tmp_path_factory.mktemp("azure")
                known[key] = stack.enter_context(standing(folder, workload, option))
            known[key].restore()
            return known[key]

        yield get


def ended(there: Standing) -> tuple[dict[str, Check], tuple[Drift, ...]]:
    """Each promise by its name, and the drift."""
    counted, _ = _apart(there.design, there.placement)
    checks, drift = standing_checks(there.scene(), counted)
    return {check.id.partition(".standing-")[2]: check for check in checks}, drift


def said(check: Check) -> str:
    return f"{check.observed} {check.reason}"


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("workload", combined(*WORKLOADS))
def test_live_state_proves_what_the_files_prove(opened: Open, workload: str, option: str) -> None:
    there = opened(workload, option)
    files, proved = there.placement.proved.proof, proof_of(there.scene()).proved.proof
    assert files and proved and proved.site.azure
    assert proved.site.azure.not_understood == () and proved.site.engine is files.site.engine
    before, after = (
        {(v.service, v.port, v.source): v.answer for v in proof.verdicts}
        for proof in (files, proved)
    )
    assert {k: (a, after.get(k)) for k, a in before.items() if a is not after.get(k)} == {}
    assert {
        k for k in after.keys() - before.keys() if not (ADD_ON in k[0] or ADD_ON in k[2])
    } == set()
    checks, drift = ended(there)
    assert {c.state for c in checks.values()} == {State.PASS}
    assert {d.state for d in drift} == {DriftState.SAME} and len(drift) == len(checks)


ADD_ON = "aks-istio-ingress/aks-istio-ingressgateway-external"
"""The Service of the add-on, of which the files hold a part."""


# What changes


def service(there: Standing, name: str) -> Json:
    objects = there.arm.cluster
    return next(o for o in objects if o["kind"] == "Service" and o["metadata"]["name"] == name)


def second_balancer(there: Standing) -> None:
    """Another public Service before the same pods, with the rules that AKS writes for it."""
    made = deepcopy(service(there, "customers-gateway"))
    made["metadata"] |= {"name": "debug", "uid": "00000000-0000-4000-8000-000000000999"}
    made["metadata"]["annotations"] = {}
    made["spec"].pop("loadBalancerSourceRanges", None)
    made["status"] = {"loadBalancer": {"ingress": [{"ip": "20.9.9.9"}]}}
    there.arm.cluster.append(made)
    balancer = there.of("Microsoft.Network/loadBalancers", "/kubernetes")["properties"]
    rules = balancer.setdefault("loadBalancingRules", [])
    rules.append({"name": f"a{made['metadata']['uid'].replace('-', '')}"[:32]})
    allow = {"name": "debug", "properties": rule("Internet", "20.9.9.9", "Allow", 510)}
    node_rules(there).append(allow)
    drop_policies(there)


def rule(source: str, target: str, access: str, priority: int) -> Json:
    return {
        "protocol": "Tcp",
        "sourcePortRange": "*",
        "sourceAddressPrefix": source,
        "destinationAddressPrefix": target,
        "destinationPortRange": "*",
        "access": access,
        "priority": priority,
        "direction": "Inbound",
    }


def node_rules(there: Standing) -> list[Json]:
    group = there.of("Microsoft.Network/networkSecurityGroups", "/aks-agentpool-1-nsg")
    found: list[Json] = group["properties"]["securityRules"]
    return found


def drop_policies(there: Standing) -> None:
    kept = [o for o in there.arm.cluster if o["kind"] != "NetworkPolicy"]
    there.arm.cluster[:] = kept


def no_engine(there: Standing) -> None:
    profile = there.of("Microsoft.ContainerService/managedClusters")["properties"]
    profile["networkProfile"] |= {"networkPolicy": "none", "networkDataplane": "azure"}


def on_nodes(there: Standing) -> None:
    """Somebody has taken pods out of the reach of their policies."""
    for held in there.arm.cluster:
        if held["kind"] == "Pod" and held["metadata"]["name"].startswith("customers-"):
            held["spec"] = held["spec"] | {"hostNetwork": True}


def wider_policy(there: Standing) -> None:
    spec = {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{}]}
    metadata = {"name": "all", "namespace": "orders", "uid": "1"}
    kind = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    there.arm.cluster.append({**kind, "metadata": metadata, "spec": spec})


def another_url(there: Standing) -> None:
    back_end = there.of("Microsoft.ApiManagement/service/backends", "/customers-orders")
    back_end["properties"]["url"] = "http://customers.orders.contoso-orders.internal:8080"


def no_pods(there: Standing) -> None:
    """A Deployment that runs nothing now still has its template."""
    there.arm.cluster[:] = [o for o in there.arm.cluster if o["kind"] != "Pod"]


def record_gone(there: Standing) -> None:
    there.remove(
        "Microsoft.Network/privateDnsZones/A", "customers.orders.contoso-orders.internal/a/@"
    )


def blocked(there: Standing) -> None:
    node_rules(there).insert(0, {"name": "stop", "properties": rule("*", "*", "Deny", 100)})


AROUND = ("nothing-around-the-gateway", "gateway-subnet-only")
OTHERS = "other pods of the cluster"
"""Without ports of the nodes they alone get around an engine that enforces nothing."""
REACHES, PUBLIC = "gateway-reaches-backends", "no-public-cluster-endpoint"


@dataclass(frozen=True)
class Case:
    """What is done to live state, the promises that end so, and what they say."""

    change: Callable[[Standing], None]
    ended: tuple[str, ...]
    words: str
    state: State = State.FAIL


CASES = {
    "a second balancer": Case(second_balancer, (*AROUND, PUBLIC), "orders/debug"),
    "no engine": Case(no_engine, AROUND, OTHERS),
    "a wider policy": Case(wider_policy, AROUND, OTHERS),
    "another URL": Case(another_url, (REACHES,), "has no port TCP 8080"),
    "a record that is gone": Case(record_gone, (REACHES,), "name resolution"),
    "a rule that stops all": Case(blocked, (REACHES,), "stop (Azure"),
    "pods in the network of their node": Case(on_nodes, AROUND, "orders/customers"),
    "pods that have ended": Case(no_pods, (), ""),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_changes_there_ends_a_proof(opened: Open, case: Case) -> None:
    there = opened("contoso-orders", INSIDE)
    case.change(there)
    checks, drift = ended(there)
    assert {n for n, c in checks.items() if c.state is State.FAIL} == set(case.ended)
    assert [said(checks[n]) for n in case.ended if case.words not in said(checks[n])] == []
    lost = {d.property for d in drift if d.state is DriftState.DIFFERS and d.resource == "proof"}
    assert lost == set(case.ended)
    opened_now = [d for d in drift if d.state is DriftState.DIFFERS and d.designed == "closed"]
    assert bool(opened_now) is (AROUND[0] in case.ended and case.words != OTHERS)
    assert all(" to " in d.found and d.resource.startswith("Service ") for d in opened_now)


# What cannot be read


def shut(method: str, path: str, status: int, code: str) -> Callable[[Standing], None]:
    def hide(there: Standing) -> None:
        answer = error(code, "It is not for you.")
        there.arm.faults.append(Fault(method, path, status, answer, times=99))

    return hide


def hidden(name: str) -> Callable[[Standing], None]:
    def hide(there: Standing) -> None:
        there.arm.hidden.add(name)

    return hide


def odd(there: Standing) -> None:
    metadata = {"name": "x", "namespace": "orders"}
    there.arm.cluster.append({"apiVersion": "example.com/v1", "kind": "Gate", "metadata": metadata})


def admin(there: Standing) -> None:
    there.arm.admin_rules.append({"id": "deny-all", "kind": "Custom"})


def foreign(there: Standing) -> None:
    balancer = there.of("Microsoft.Network/loadBalancers", "/kubernetes")["properties"]
    balancer["inboundNatRules"] = [{"name": "ssh"}]


def short(there: Standing) -> None:
    """Not even one Service fits into an answer."""
    there.arm.longest_logs = 1_500


CLUSTER, GROUPS = "managedClusters/[^/]+$", "networkSecurityGroups/aks-agentpool"
ALL = (REACHES, *AROUND, PUBLIC)
POLICED = (REACHES, PUBLIC)
"""Policies keep everybody but the gateway out, whatever is let through before them."""
UNREAD = {
    "the run command is refused": Case(
        shut("POST", "runCommand", 403, "AuthorizationFailed"), ALL, "AuthorizationFailed"
    ),
    "the run command is off": Case(
        shut("POST", "runCommand", 400, "RunCommandDisabled"), ALL, "RunCommandDisabled"
    ),
    "pods may not be listed": Case(hidden("pods"), ALL, "pods were not read: kubectl said Error"),
    "policies may not be listed": Case(hidden("networkpolicies.networking.k8s.io"), ALL, "were"),
    "answers are cut off": Case(short, ALL, "does not fit into the answer"),
    "a kind that nobody knows": Case(odd, (*AROUND, PUBLIC), "Gate"),
    "the group of the nodes": Case(shut("GET", GROUPS, 403, "AuthorizationFailed"), POLICED, "nsg"),
    "interfaces of the nodes": Case(
        shut("GET", "virtualMachineScaleSets/[^/]+/networkInterfaces", 403, "AuthorizationFailed"),
        POLICED,
        "networkInterfaces",
    ),
    "the network": Case(shut("GET", "virtualNetworks/[^/]+$", 403, "X"), ALL, "virtualNetworks"),
    "the gateway": Case(shut("GET", "service/[^/]+$", 403, "X"), ALL, "service"),
    "a rule of a network manager": Case(admin, POLICED, "the security admin rule deny-all applies"),
    "who may not ask a network manager": Case(
        shut("POST", "EffectiveSecurityAdminRules", 403, "X"), POLICED, "security admin rules"
    ),
    "a rule of nobody": Case(foreign, POLICED, "ssh of inboundNatRules belongs to no Service"),
}


@pytest.mark.parametrize("case", UNREAD.values(), ids=UNREAD)
def test_what_cannot_be_read_ends_nothing_and_is_named(opened: Open, case: Case) -> None:
    there = opened("contoso-orders", INSIDE)
    case.change(there)
    checks, drift = ended(there)
    waiting = {n for n, c in checks.items() if c.state is State.NOT_RUN}
    assert waiting == set(case.ended)
    assert [said(checks[n]) for n in case.ended if case.words not in said(checks[n])] == [], {
        n: said(checks[n]) for n in case.ended
    }
    assert not [c for c in checks.values() if c.state is State.FAIL]
    unknown = {d.property for d in drift if d.state is DriftState.UNKNOWN}
    assert unknown == set(case.ended)


def silent(there: Standing) -> None:
    """The first answer breaks off, so that not every kind is known."""
    there.arm.longest_logs = 300


def test_a_list_of_kinds_that_breaks_off_is_no_empty_cluster(opened: Open) -> None:
    there = opened("contoso-orders", INSIDE)
    silent(there)
    checks, _ = ended(there)
    assert {c.state for c in checks.values()} == {State.NOT_RUN}
    assert all("what cluster aks-orders01 serves was not read" in c.reason for c in checks.values())


@pytest.mark.parametrize(("longest", "commands"), [(512_000, 2), (13_000, 3)])
def test_what_does_not_fit_into_one_answer_is_asked_for_again(
    opened: Open, longest: int, commands: int
) -> None:
    there = opened("contoso-orders", INSIDE)
    there.arm.longest_logs = longest
    there.arm.looks.clear()
    found = cluster_side(ground(there.scene()))
    assert found.doubts == () and len(found.objects) == len(there.arm.cluster)
    assert len(there.arm.looks) == commands
    assert all("secrets" not in look for look in there.arm.looks)


@pytest.mark.skipif(not shutil.which("jq"), reason="there is no jq")
@pytest.mark.parametrize("option", ["public-services", "self-hosted-gateway"])
def test_what_jq_leaves_proves_the_same(opened: Open, option: str) -> None:
    there = opened("contoso-orders", option)
    before = proof_of(there.scene()).proved.proof
    ended_pod = {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"name": "x", "namespace": "orders"},
    }
    listed = [*there.arm.cluster, {**ended_pod, "spec": {}, "status": {"phase": "Succeeded"}}]
    command = ["jq", "-cn", "-f", str(HERE / "listing.jq")]
    text = json.dumps({"items": listed})
    made = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
    there.arm.cluster[:] = json.loads(made)["items"]
    assert there.arm.cluster == list(WHOLE.here(listed))
    after = proof_of(there.scene()).proved.proof
    assert before and after
    assert [(v.source, v.answer) for v in before.verdicts] == [
        (v.source, v.answer) for v in after.verdicts
    ]
    assert bool(after.site.scene.gateways) is (option == "self-hosted-gateway")
    assert made.count("\n") == 1 and len(made) < len(text)
    assert not any(word in made for word in ("managedFields", '"env"', '"args"', "Succeeded"))


RECORDED = CORPORA / "arm-recordings"
LEFT = {
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings: localSubnetNames",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings: remoteSubnetNames",
    "Microsoft.Network/privateDnsZones/CNAME",
}
"""A peering of some subnets alone, and a second name, are not followed."""


@pytest.mark.skipif(not RECORDED.is_dir(), reason=f"{RECORDED} is not there")
@pytest.mark.parametrize(
    "name",
    [
        "VirtualNetworkPeering_20250301",
        "VirtualNetwork_20250301",
        "NetworkSecurityGroup_20250301",
        "RouteTable_20240301",
        "PublicIP_20250301",
        "PrivateDnsZone_20240601",
    ],
)
def test_recorded_answers_of_azure_are_understood(name: str) -> None:
    path = RECORDED / "azure-service-operator" / f"Test_Networking_{name}_CRUD.yaml"
    answers = (e.answer for e in exchanges(path) if (e.method, e.status) == ("GET", 200))
    bodies = [json.loads(text) for text in answers if text.startswith("{")]
    held = [b for b in bodies if isinstance(b.get("properties"), dict) and "id" in b]
    held = [b for b in held if "/providers/" in b["id"]]
    network = azure_network(map(as_resource, held))
    assert network.held
    assert {missed.what for missed in network.not_understood} <= LEFT
    assert all(p.connected for p in network.all(Peering) if p.state == "Connected")
