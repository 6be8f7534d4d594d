"""A subscription in which an option stands, with everything that Azure adds to what was written.

`standing` puts the resources of the templates straight into `Arm`; `finish` is what makes them
answers of Azure, also after a real `deploy(...)`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from apim_aks.decision.design import Design, Placement
from apim_aks.deployment import Project, project, unanswered
from apim_aks.deployment.certificates import wanted
from apim_aks.remote.azure import AzureClient, AzureRefused, Certificates, Connection
from apim_aks.remote.calls import Vantage
from apim_aks.topology import InAzure
from apim_aks.topology.check import Check, State
from apim_aks.verification import LiveScene
from apim_aks.verification.azure_reader import AzureReader
from apim_aks.verification.azure_resources import ASPECTS
from apim_aks.verification.verdict import not_run
from apim_aks.workload.model import Workload
from tests.support.arm_server import OBJECT, SUBSCRIPTION, TENANT, Arm, Fault, error, serving
from tests.support.arm_server import answered as answer_of
from tests.support.azure_scenes import OPEN, opened
from tests.support.azure_scenes import Scene as Live
from tests.support.designs import bundled, only
from tests.support.standing_state import live

Json = dict[str, Any]
TODAY = date(2026, 11, 23)
VALID = 1_830_000_000
"""The end of 2027."""
EXPIRY = "2027-12-28T00:00:00Z"
GATEWAY_PRINCIPAL = "9a7e0000-1111-4222-8333-94445555a701"
CLUSTER_PRINCIPAL = "9a7e0000-1111-4222-8333-94445555a702"
PROVIDER_PRINCIPAL = "9a7e0000-1111-4222-8333-94445555a703"
NODES = "rg-nodes"
KEY = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA=="


# What Azure adds


def finish(arm: Arm, resource: Json) -> Json:
    """The resource as Azure answers it."""
    made = deepcopy(resource)
    made.setdefault("properties", {}).setdefault("provisioningState", "Succeeded")
    if made.get("location") == "westeurope":
        made["location"] = "West Europe"
    adds = ADDS.get(resource["type"].lower())
    if adds:
        adds(arm, made, made["properties"])
    return made


def gateway(arm: Arm, made: Json, held: Json) -> None:
    name = made["name"]
    made["identity"] |= {"principalId": GATEWAY_PRINCIPAL, "tenantId": TENANT}
    held |= {
        "targetProvisioningState": "",
        "gatewayUrl": f"https://{name}.azure-api.net",
        "createdAtUtc": "2026-11-20T10:00:00Z",
        "publicIPAddresses": ["20.1.2.3"],
        "developerPortalStatus": "Enabled",
    }
    built_in = {
        "type": "Proxy",
        "hostName": f"{name}.azure-api.net",
        "certificateSource": "BuiltIn",
    }
    hosts = [custom(h) for h in held.get("hostnameConfigurations") or ()]
    held["hostnameConfigurations"] = [built_in, *hosts]
    for authority in held.get("certificates") or ():
        authority.pop("encodedCertificate", None)
        authority["certificate"] = {"expiry": EXPIRY, "subject": "CN=authority"}
    subnet = (held.get("virtualNetworkConfiguration") or {}).get("subnetResourceId")
    if subnet and held["virtualNetworkType"] == "Internal":
        prefix = arm.resources[subnet.lower()]["properties"]["addressPrefix"]
        held["privateIPAddresses"] = [str(IPv4Network(prefix)[5])]
    before = arm.resources.get(made["id"].lower()) or {}
    kept = (before.get("properties") or {}).get("privateEndpointConnections")
    held["privateEndpointConnections"] = kept or []
    arm.lists[f"{made['id']}/networkstatus".lower()] = [status_of("West Europe")]


def custom(host: Json) -> Json:
    return host | {"certificate": {"expiry": EXPIRY, "subject": f"CN={host['hostName']}"}}


def status_of(location: str) -> Json:
    reached = {"status": "success", "error": "", "lastUpdated": "2026-11-23T00:00:00Z"}
    listed = [
        {"name": "st.blob.core.windows.net", "resourceType": "BlobStorage", "isOptional": False},
        {"name": "sql.database.windows.net", "resourceType": "SQLDatabase", "isOptional": False},
        {"name": "smtp", "resourceType": "SmtpRelay", "isOptional": True, "status": "failure"},
    ]
    connectivity = [reached | one for one in listed]
    network = {"dnsServers": ["168.63.129.16"], "connectivityStatus": connectivity}
    return {"location": location, "networkStatus": network}


def api(arm: Arm, made: Json, held: Json) -> None:
    """An import becomes operations; the document is not shown again."""
    for path, item in json.loads(held.get("value") or "{}").get("paths", {}).items():
        for method, operation in item.items():
            if method in ("get", "put", "post", "delete", "patch", "head", "options"):
                name = re.sub(r"[^a-z0-9]+", "-", str(operation["operationId"]).lower()).strip("-")
                id = f"{made['id']}/operations/{name}"
                arm.put(id, properties={"method": method.upper(), "urlTemplate": path})
    for written in ("format", "value", "translateRequiredQueryParameters"):
        held.pop(written, None)
    names = {"header": "Ocp-Apim-Subscription-Key", "query": "subscription-key"}
    held |= {"apiRevision": "1", "isCurrent": True, "subscriptionKeyParameterNames": names}


def shown_certificate(arm: Arm, made: Json, held: Json) -> None:
    held["keyVault"]["lastStatus"] = {"code": "Success", "timeStampUtc": "2026-11-22T00:00:00Z"}
    held |= {"subject": "CN=gateway", "thumbprint": "A" * 40, "expirationDate": EXPIRY}


FRONT_DOOR_ID = "0f0f0f0f-1111-4222-8333-94445555aaaa"


def named_value(arm: Arm, made: Json, held: Json) -> None:
    if held.get("secret"):
        held.pop("value", None)
    elif not isinstance(held.get("value", ""), str):
        held["value"] = FRONT_DOOR_ID  # a property of Front Door, which is there by now


def front_door(arm: Arm, made: Json, held: Json) -> None:
    held["frontDoorId"] = FRONT_DOOR_ID


def security_group(arm: Arm, made: Json, held: Json) -> None:
    for rule in held["securityRules"]:
        rule["id"] = f"{made['id']}/securityRules/{rule['name']}"
        empty = ("sourceAddressPrefixes", "destinationAddressPrefixes", "sourcePortRanges")
        rule["properties"] = {k: [] for k in empty} | rule["properties"]
    held["defaultSecurityRules"] = [{"name": "AllowVnetInBound", "properties": {"priority": 65000}}]


def subnet(arm: Arm, made: Json, held: Json) -> None:
    held.setdefault("delegations", [])
    held.setdefault("privateEndpointNetworkPolicies", "Disabled")


def public_address(arm: Arm, made: Json, held: Json) -> None:
    if label := held.get("dnsSettings", {}).get("domainNameLabel"):
        held["dnsSettings"]["fqdn"] = f"{label}.westeurope.cloudapp.azure.com"
    held["ipAddress"] = "20.9.8.7"


def zone_link(arm: Arm, made: Json, held: Json) -> None:
    held["virtualNetworkLinkState"] = "Completed"


def peering(arm: Arm, made: Json, held: Json) -> None:
    held["peeringState"] = "Connected"


def record(arm: Arm, made: Json, held: Json) -> None:
    held["fqdn"] = f"{made['id'].split('/')[-3]}."


def user_identity(arm: Arm, made: Json, held: Json) -> None:
    held |= {"principalId": CLUSTER_PRINCIPAL, "clientId": OBJECT, "tenantId": TENANT}


def cluster(arm: Arm, made: Json, held: Json) -> None:
    held |= {
        "powerState": {"code": "Running"},
        "nodeResourceGroup": NODES,
        "currentKubernetesVersion": "1.36.2",
        "fqdn": "aks.hcp.westeurope.azmk8s.io",
    }
    held["oidcIssuerProfile"] |= {"issuerURL": "https://westeurope.oic.prod-aks.azure.com/t/c/"}
    identities = made["identity"]["userAssignedIdentities"]
    made["identity"]["userAssignedIdentities"] = {
        id: {"principalId": CLUSTER_PRINCIPAL, "clientId": OBJECT} for id in identities
    }
    for pool in held["agentPoolProfiles"]:
        pool |= {"count": pool["count"] + 1, "nodeImageVersion": "AKSAzureLinux-2026.11"}
    provider = held["addonProfiles"]["azureKeyvaultSecretsProvider"]
    provider["identity"] = {"objectId": PROVIDER_PRINCIPAL, "clientId": OBJECT}
    balancer = f"{arm.scope(NODES)}/providers/Microsoft.Network/loadBalancers/kubernetes"
    outbound = frontend("outbound", "outboundRules")
    arm.put(balancer, properties={"frontendIPConfigurations": [outbound]})


def frontend(name: str, *uses: str) -> Json:
    """A public frontend of the cluster's load balancer; without rules it lets nobody in."""
    used = {use: [{"id": f"{name}-rule"}] for use in uses}
    return {"name": name, "properties": {"publicIPAddress": {"id": f"pip-{name}"}, **used}}


def assignment(arm: Arm, made: Json, held: Json) -> None:
    held["scope"] = made["id"].rpartition("/providers/")[0]
    held["createdOn"] = "2026-11-20T00:00:00Z"


def vault(arm: Arm, made: Json, held: Json) -> None:
    held |= {"vaultUri": f"https://{made['name']}.vault.azure.net/", "tenantId": TENANT}


def workspace(arm: Arm, made: Json, held: Json) -> None:
    held["sku"]["name"] = held["sku"]["name"].lower()
    held["customerId"] = OBJECT


def logs(arm: Arm, made: Json, held: Json) -> None:
    held["workspaceId"] = held["workspaceId"].lower()
    held["metrics"] = []


def endpoint(arm: Arm, made: Json, held: Json) -> None:
    """API Management knows its private endpoints; one of its own subscription is approved."""
    target = held["privateLinkServiceConnections"][0]["properties"]["privateLinkServiceId"]
    state = {"privateLinkServiceConnectionState": {"status": "Approved"}}
    connection = {"properties": {"privateEndpoint": {"id": made["id"]}, **state}}
    arm.resources[target.lower()]["properties"]["privateEndpointConnections"] = [connection]


def endpoint_name(arm: Arm, made: Json, held: Json) -> None:
    """The zone gets a record for the gateway in the endpoint's subnet."""
    above = arm.resources[made["id"].rpartition("/privateDnsZoneGroups/")[0].lower()]
    subnet_id = above["properties"]["subnet"]["id"]
    prefix = arm.resources[subnet_id.lower()]["properties"]["addressPrefix"]
    link = above["properties"]["privateLinkServiceConnections"][0]["properties"]
    zone = held["privateDnsZoneConfigs"][0]["properties"]["privateDnsZoneId"]
    name = link["privateLinkServiceId"].rpartition("/")[2]
    address = str(IPv4Network(prefix)[4])
    arm.put(f"{zone}/A/{name}", properties={"ttl": 10, "aRecords": [{"ipv4Address": address}]})


def front_door_endpoint(arm: Arm, made: Json, held: Json) -> None:
    """Azure chooses a part of the name."""
    name = made["name"].rpartition("/")[2]
    held["hostName"] = f"{name}-a1b2c3d4e5f6g7h8.z01.azurefd.net"


def front_door_origin(arm: Arm, made: Json, held: Json) -> None:
    """An endpoint in a subscription of Microsoft's, which somebody has approved."""
    link = held.get("sharedPrivateLinkResource")
    if not link:
        return
    link["status"] = "Approved"
    theirs = "/subscriptions/0/resourceGroups/afd/providers/Microsoft.Network/privateEndpoints/x"
    state = {"privateLinkServiceConnectionState": {"status": "Approved"}}
    connection = {"properties": {"privateEndpoint": {"id": theirs}, **state}}
    gateway = arm.resources[link["privateLink"]["id"].lower()]
    gateway["properties"]["privateEndpointConnections"] = [connection]


def front_door_name(arm: Arm, made: Json, held: Json) -> None:
    """Its TXT record is there."""
    held["domainValidationState"] = "Approved"


ADDS: Mapping[str, Callable[[Arm, Json, Json], None]] = {
    "microsoft.cdn/profiles": front_door,
    "microsoft.cdn/profiles/afdendpoints": front_door_endpoint,
    "microsoft.cdn/profiles/customdomains": front_door_name,
    "microsoft.cdn/profiles/origingroups/origins": front_door_origin,
    "microsoft.apimanagement/service": gateway,
    "microsoft.apimanagement/service/apis": api,
    "microsoft.apimanagement/service/certificates": shown_certificate,
    "microsoft.apimanagement/service/namedvalues": named_value,
    "microsoft.network/virtualnetworks/virtualnetworkpeerings": peering,
    "microsoft.network/networksecuritygroups": security_group,
    "microsoft.network/virtualnetworks/subnets": subnet,
    "microsoft.network/publicipaddresses": public_address,
    "microsoft.network/privatednszones/virtualnetworklinks": zone_link,
    "microsoft.network/privatednszones/a": record,
    "microsoft.network/privateendpoints": endpoint,
    "microsoft.network/privateendpoints/privatednszonegroups": endpoint_name,
    "microsoft.managedidentity/userassignedidentities": user_identity,
    "microsoft.containerservice/managedclusters": cluster,
    "microsoft.authorization/roleassignments": assignment,
    "microsoft.keyvault/vaults": vault,
    "microsoft.operationalinsights/workspaces": workspace,
    "microsoft.insights/diagnosticsettings": logs,
}


# A standing option


class Remembering(AzureClient):
    """A client that asks through the SDK what it has not asked, or what is answered otherwise now.

    What the SDK makes of an answer depends on nothing but question and answer. So the same answer
    to the same question is given again; one that a test has changed, or refuses, travels.
    """

    def __init__(self, connection: Connection, arm: Arm) -> None:
        super().__init__(connection)
        self.arm = arm
        self.known: dict[tuple[str, ...], str | AzureRefused] = {}

    def send(
        self, method: str, path: str, version: str, body: Json | None = None, doing: str = ""
    ) -> tuple[int, Json]:
        """As the client of the library, which is asked at least once."""
        address = urlsplit(path)
        there = unquote(address.path)
        if method != "GET" or any(re.search(f.path, there, re.I) for f in self.arm.faults):
            return super().send(method, path, version, body, doing)
        status, answer, _ = answer_of(self.arm, method, there, {}, parse_qs(address.query))
        key = (path, version, doing, str(status), json.dumps(answer))
        if key in self.known:
            self.arm.log.append(f"{method} {there}")
        else:
            self.known[key] = self._asked(path, version, doing)
        held = self.known[key]
        if isinstance(held, AzureRefused):
            raise held.with_traceback(None)
        return status, json.loads(held)

    def _asked(self, path: str, version: str, doing: str) -> str | AzureRefused:
        try:
            return json.dumps(super().send("GET", path, version, doing=doing)[1])
        except AzureRefused as refused:
            return refused


@cache
def designed(name: str) -> Design:
    return bundled(name)


def changed(workload: Workload, **azure: Any) -> Workload:
    """The workload with other values under `azure`."""
    return replace(workload, azure=replace(workload.azure, **azure))


def answered(found: Design, placement: Placement, **values: Any) -> Project:
    """The project with a value for everything that only the deployer knows."""
    made = project(found, placement, "1.0", values)
    kinds = {n: d["type"] for piece in made.pieces for n, d in piece.template["parameters"].items()}
    asked = {
        name: [] if kinds[name] == "array" else f"value-of-{name}"
        for name, _, _ in unanswered(made)
    }
    return project(found, placement, "1.0", asked | values)


@dataclass
class Standing:
    """An option that stands in `arm`, and a way of asking after it."""

    design: Design
    placement: Placement
    project: Project
    live: Live
    baseline: Json = field(default_factory=dict, repr=False)

    @property
    def arm(self) -> Arm:
        return self.live.arm

    @property
    def client(self) -> AzureClient:
        return self.live.client

    @property
    def vault(self) -> Certificates:
        return Certificates(self.client, self.project.vault, self.arm.base)

    def scene(self, today: date = TODAY) -> LiveScene:
        found = AzureReader(self.client, self.vault)
        return LiveScene(
            design=self.design,
            placement=self.placement,
            project=self.project,
            azure=found,
            vantage=Vantage("internet"),
            today=today,
        )

    def checks(self, today: date = TODAY) -> dict[str, Check]:
        """Every promise about resources in Azure, by aspect, each as `verify` ends it."""
        scene = self.scene(today)
        return dict(self._checks(scene))

    def _checks(self, scene: LiveScene) -> Iterator[tuple[str, Check]]:
        for promise in self.placement.topology.expectations:
            if isinstance(promise.test, InAzure):
                try:
                    verdict = ASPECTS[promise.test.aspect](scene)
                except AzureRefused as refused:
                    verdict = not_run(str(refused))
                yield promise.test.aspect, verdict.of(self.placement.option.id, promise)

    def states(self, today: date = TODAY) -> dict[str, State]:
        return {aspect: check.state for aspect, check in self.checks(today).items()}

    def of(self, type: str, name: str = "") -> Json:
        """The resource of this type, by the end of its name where there are several."""
        ids = [
            id
            for id in self.arm.resources
            if type_in(id) == type.lower() and id.endswith(name.lower())
        ]
        assert len(ids) >= 1, (type, name)
        return self.arm.resources[ids[0]]

    def remove(self, type: str, name: str = "") -> None:
        self.arm.remove(self.of(type, name)["id"])

    def put(self, id: str, **body: Any) -> Json:
        return self.arm.put(id, **body)

    def keep(self) -> None:
        """Remember how it stands."""
        parts = ("resources", "lists", "certificates", "cluster")
        self.baseline = {p: deepcopy(getattr(self.arm, p)) for p in parts}

    def restore(self) -> None:
        """As it was when it was kept."""
        for part, value in self.baseline.items():
            setattr(self.arm, part, deepcopy(value))
        self.arm.faults.clear()
        self.arm.hidden.clear()
        self.arm.admin_rules.clear()
        self.arm.longest_logs = Arm.longest_logs


def type_in(id: str) -> str:
    parts = id.rpartition("/providers/")[2].split("/")
    return "/".join((parts[0], *parts[1::2]))


def build(arm: Arm, made: Project) -> None:
    """Everything that the templates make, put there without deployments."""
    for group in (*made.groups, NODES):
        arm.groups[group.lower()] = {"id": arm.scope(group), "name": group, "tags": made.tags}
    for piece in made.pieces:
        properties = {"template": piece.template, "parameters": piece.parameters}
        for pair in arm.resources_of(properties, piece.group):
            planned = arm.planned(pair)
            arm.resources[planned["id"].lower()] = finish(arm, planned)
    certify(arm, made)


def certify(arm: Arm, made: Project) -> None:
    """The certificates step, done."""
    for one in wanted(made):
        attributes = {"enabled": True, "exp": VALID, "nbf": 1_790_000_000}
        id = f"{arm.base}/certificates/{one.name}/0123"
        arm.certificates[one.name] = {"id": id, "cer": KEY, "attributes": attributes}


def serve(arm: Arm, placement: Placement) -> None:
    """The cluster and its load balancer once the manifests are applied."""
    public = [c for c in placement.topology.components if c.in_cluster and c.public]
    ids = [id for id in arm.resources if id.endswith("/loadbalancers/kubernetes")]
    for id in ids:
        listed = arm.resources[id]["properties"]["frontendIPConfigurations"]
        listed += [frontend(f"front-{n}", "loadBalancingRules") for n, _ in enumerate(public)]
        named = [id for id in arm.resources if re.search(r"/publicipaddresses/pip-(?!apim$)", id)]
        for front, address in zip(listed[-len(public) :] if public else (), named, strict=False):
            front["properties"]["publicIPAddress"]["id"] = address
    live(arm, placement, NODES)


@contextmanager
def standing(
    folder: Path,
    source: str | Workload,
    option: str,
    draw: Callable[[Placement], Placement] = lambda placement: placement,
    **values: Any,
) -> Iterator[Standing]:
    """The option of a workload, standing in a subscription that is asked through TLS."""
    found = designed(source) if isinstance(source, str) else only(source, option)
    placement = draw(found.placement(option))
    made = answered(found, placement, **values)
    arm = Arm(finishing=finish)
    with serving(arm, folder) as base:
        live = opened(arm, base, folder)
        live.client = Remembering(live.client.connection, arm)
        OPEN.remove(live.client.connection)  # it stays open while other scenes come and go
        build(arm, made)
        serve(arm, placement)
        result = Standing(found, placement, made, live)
        result.keep()
        yield result
        live.client.connection.close()


def refused(path: str, status: int = 403, code: str = "AuthorizationFailed") -> Fault:
    """Whoever asks there is turned away, each time."""
    return Fault("GET", path, status, error(code, "The client may not read this."), times=10_000)


__all__ = ["SUBSCRIPTION", "Standing", "standing"]
