"""The gateway's container in the cluster: manifests, templates and policies that fit each other."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from apim_aks.artefacts.arm_templates import arm_templates, prerequisites
from apim_aks.artefacts.manifests import manifests
from apim_aks.artefacts.policies import policies
from apim_aks.decision.design import Placement, design
from apim_aks.facts import api_version, network_rules
from apim_aks.facts.self_hosted import custom_roles, policy_support, self_hosted_defaults
from apim_aks.options import option
from apim_aks.options.self_hosted_gateway import NAME
from apim_aks.workload.azure import Azure, Existing, ExistingResources
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Consumer, Pin, Workload

ID = "self-hosted-gateway"
RUN = self_hosted_defaults()


def placed(workload: Workload, pin: Pin | None = None) -> Placement:
    pinned = replace(workload, pins=((ID, pin),)) if pin else workload
    return design(pinned, (option(ID),)).placement(ID)


@cache
def orders(inbound: str = "") -> Placement:
    workload = read_workload("contoso-orders")
    if inbound == "internal":
        workload = replace(workload, consumers=(Consumer.SAME_VNET, Consumer.PEERED_VNET))
    return placed(workload, Pin(inbound=inbound) if inbound else None)


def objects(placement: Placement, kind: str) -> dict[str, Any]:
    every = (o for f in manifests(placement) for o in f.objects if o["kind"] == kind)
    return {f"{o['metadata'].get('namespace', '')}/{o['metadata']['name']}": o for o in every}


def resources(placement: Placement, ending: str) -> list[Any]:
    made = (r for s in arm_templates(placement) for r in s.resources)
    return [r for r in made if r["type"].lower().endswith(ending.lower())]


def test_the_pods_are_as_production_guidance_asks() -> None:
    made = objects(orders(), "Deployment")[f"{RUN.namespace}/{NAME}"]["spec"]
    pod = made["template"]["spec"]
    (container,) = pod["containers"]
    assert made["replicas"] == RUN.replicas >= 2
    assert container["image"].rpartition(":")[2][0].isdigit(), "no tag that moves"
    assert {"readinessProbe", "livenessProbe", "resources"} <= container.keys()
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["serviceAccountName"] == NAME
    (mounted,) = container["volumeMounts"]
    (claim,) = (v["persistentVolumeClaim"]["claimName"] for v in pod["volumes"])
    volume = objects(orders(), "PersistentVolumeClaim")[f"{RUN.namespace}/{claim}"]["spec"]
    assert mounted["mountPath"] == RUN.backup_path
    assert volume["accessModes"] == ["ReadWriteMany"], "every pod writes the same copy"
    assert f"{RUN.namespace}/{NAME}" in objects(orders(), "PodDisruptionBudget")


def test_developer_runs_a_single_pod() -> None:
    workload = read_workload("contoso-orders")
    rehearsed = replace(workload, azure=replace(workload.azure, environment="rehearsal"))
    made = placed(rehearsed, Pin(tier="Developer"))
    assert objects(made, "Deployment")[f"{RUN.namespace}/{NAME}"]["spec"]["replicas"] == 1


def test_the_account_in_the_cluster_is_the_one_that_entra_id_trusts() -> None:
    account = objects(orders(), "ServiceAccount")[f"{RUN.namespace}/{NAME}"]["metadata"]
    (trusted,) = resources(orders(), "federatedIdentityCredentials")
    subject = f"system:serviceaccount:{account['namespace']}:{account['name']}"
    assert trusted["properties"]["subject"] == subject
    assert account["labels"]["azure.workload.identity/use"] == "true"
    assert "azure.workload.identity/client-id" in account["annotations"]
    outputs = arm_templates(orders())[0].template["outputs"]
    assert "clientId" in outputs["gatewayIdentityClientId"]["value"]


def test_no_token_and_no_secret_stands_in_any_file() -> None:
    config = objects(orders(), "ConfigMap")[f"{RUN.namespace}/{NAME}"]["data"]
    assert config["config.service.auth"] == "workloadIdentity"
    assert config["config.service.endpoint"].endswith(f".{RUN.configuration_suffix}")
    assert objects(orders(), "Secret") == {}


def test_gateway_and_apis_are_those_that_the_pods_ask_for() -> None:
    config = objects(orders(), "ConfigMap")[f"{RUN.namespace}/{NAME}"]["data"]
    (gateway,) = resources(orders(), "service/gateways")
    assert gateway["name"].endswith(f"'{config['gateway.name']}')]")
    served = resources(orders(), "gateways/apis")
    assert len(served) == len(orders().mapping.apis)
    assert gateway["apiVersion"] == api_version(gateway["type"])


def test_each_role_is_defined_and_given_to_its_holder_alone() -> None:
    defined = {
        r["properties"]["roleName"]: r["properties"] for r in resources(orders(), "roleDefinitions")
    }
    assert len(defined) == len(custom_roles())
    given = [r for r in resources(orders(), "roleAssignments") if "configuration-" in r["name"]]
    assert len(given) == len(custom_roles())
    (reader,) = (r for r in given if "configuration-reader" in r["name"])
    assert "Microsoft.ApiManagement/service" in reader["scope"]
    assert "userAssignedIdentities" in reader["properties"]["principalId"]


def test_the_host_name_has_its_certificate_from_the_vault() -> None:
    (host,) = resources(orders(), "gateways/hostnameConfigurations")
    (name,) = (n.name for n in orders().topology.names)
    assert host["properties"]["hostname"] == name
    assert host["properties"]["tls10Enabled"] is host["properties"]["tls11Enabled"] is False
    assert any("tls-gateway" in r["name"] for r in resources(orders(), "service/certificates"))


def test_a_private_gateway_has_a_fixed_address_a_zone_and_no_public_one() -> None:
    made = orders("internal")
    service = objects(made, "Service")[f"{RUN.namespace}/{NAME}"]
    notes = service["metadata"]["annotations"]
    assert notes["service.beta.kubernetes.io/azure-load-balancer-internal"] == "true"
    (zone,) = resources(made, "privateDnsZones")
    assert zone["name"] == made.topology.names[0].name
    assert any("consumers" in r["name"] for r in resources(made, "virtualNetworkLinks"))
    assert resources(made, "publicIPAddresses") == []


def test_the_gateways_policy_opens_what_the_rows_name_and_the_services() -> None:
    policy = objects(orders(), "NetworkPolicy")[f"{RUN.namespace}/{NAME}"]["spec"]
    opened = {(p["protocol"], p["port"]) for rule in policy["egress"] for p in rule["ports"]}
    rows = {(r.protocol, int(r.port)) for r in network_rules(ID)}
    assert rows <= opened
    to = [t for rule in policy["egress"] for t in rule.get("to", ()) if "namespaceSelector" in t]
    spaces = {t["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for t in to}
    assert spaces == {"kube-system", *(s.namespace for s in orders().published)}


def test_only_the_gateways_pods_are_admitted_to_the_services() -> None:
    guards = objects(orders(), "NetworkPolicy")
    for service in orders().published:
        (rule,) = guards[f"{service.namespace}/{service.name}-apis"]["spec"]["ingress"]
        (source,) = rule["from"]
        assert source["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": NAME}


def test_every_policy_that_is_written_is_known_to_this_gateway() -> None:
    known = {row.policy: row for row in policy_support()}
    text = "".join(d.xml for d in policies(orders()))
    assert not [p for p, row in known.items() if row.self_hosted == "no" and f"<{p}" in text]
    for policy in ("validate-azure-ad-token", "set-backend-service", "forward-request"):
        assert known[policy].self_hosted == "yes"


def test_the_apis_leave_the_gateway_that_azure_runs() -> None:
    steps = [s for s in prerequisites(orders()) if "/gateways/managed/apis/" in s.command]
    (step,) = steps
    assert all(api.id in step.command for api in orders().mapping.apis)


def test_https_back_ends_ask_for_their_authority() -> None:
    made = placed(read_workload("contoso-retail"))
    steps = [s for s in prerequisites(made) if "certificateAuthorities" in s.command]
    assert len(steps) == 1
    assert not [s for s in prerequisites(orders()) if "certificateAuthorities" in s.command]


@pytest.mark.parametrize("inbound", ["", "internal"])
def test_with_an_existing_instance_names_are_its_own(inbound: str) -> None:
    there = ExistingResources(api_management=Existing("apim-shared", "rg-shared"))
    workload = replace(read_workload("contoso-orders"), azure=Azure(existing=there))
    made = placed(workload, Pin(inbound=inbound) if inbound else None)
    config = objects(made, "ConfigMap")[f"{RUN.namespace}/{NAME}"]["data"]
    assert config["config.service.endpoint"] == f"https://apim-shared.{RUN.configuration_suffix}"
    assert config["gateway.name"] == f"{workload.name}-cluster"
    assert resources(made, "ApiManagement/service") == []


def test_behind_an_internal_load_balancer_no_endpoint_of_the_cluster_is_public() -> None:
    workload = read_workload("contoso-orders")
    asked = replace(workload.requirements, no_public_cluster_endpoint=True, private_gateway=True)
    inside = replace(workload, consumers=(Consumer.SAME_VNET,), requirements=asked)
    made = placed(inside)
    assert made.within and made.choices.inbound == "internal"
    assert made.measure("public-endpoints").text == "0"
    assert made.proved.proof is not None
