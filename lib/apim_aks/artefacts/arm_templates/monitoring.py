"""Logs: the workspace, what cluster, vault and gateway write into it."""

from __future__ import annotations

from apim_aks.artefacts.arm_templates.cluster import cluster_id, workspace_id
from apim_aks.artefacts.arm_templates.expressions import Code, Json, Part, parameter, resource_id
from apim_aks.artefacts.arm_templates.resource import LOCATION, TAGS, Resource
from apim_aks.artefacts.arm_templates.site import CLUSTERS, SERVICE, VAULTS, WORKSPACES, Site
from apim_aks.artefacts.arm_templates.vault import relative
from apim_aks.facts import arm_defaults

RULES = "Microsoft.Insights/dataCollectionRules"
SETTINGS = "Microsoft.Insights/diagnosticSettings"
_STREAM = "Microsoft-ContainerInsights-Group-Default"


def workspace() -> Resource:
    """The Log Analytics workspace."""
    properties = {
        "sku": {"name": "PerGB2018"},
        "retentionInDays": arm_defaults().log_days,
        "features": {"disableLocalAuth": True},
    }
    return Resource(
        type=WORKSPACES,
        names=(parameter("workspaceName"),),
        body={**LOCATION, **TAGS, "properties": properties},
    )


def cluster_logs(site: Site) -> tuple[Resource, ...]:
    """What the cluster reports: container logs by rule, its control plane by setting."""
    rule = resource_id(RULES, (_rule_name(),))
    association = Resource(
        type="Microsoft.Insights/dataCollectionRuleAssociations",
        names=("ContainerInsightsExtension",),
        body={
            "scope": relative(CLUSTERS, (parameter("clusterName"),)),
            "properties": {"dataCollectionRuleId": rule.value},
        },
        needs=(rule, cluster_id(site)),
        on=cluster_id(site),
    )
    audit = _setting(
        CLUSTERS, (parameter("clusterName"),), cluster_id(site), "kube-audit-admin", "guard"
    )
    return _rule(), association, audit


def _rule_name() -> Code:
    return Code("format('dcr-{0}', parameters('clusterName'))")


def _rule() -> Resource:
    extension = {
        "name": "ContainerInsightsExtension",
        "extensionName": "ContainerInsights",
        "streams": [_STREAM],
        "extensionSettings": {
            "dataCollectionSettings": {
                "interval": "1m",
                "namespaceFilteringMode": "Off",
                "enableContainerLogV2": True,
            }
        },
    }
    target = {"name": "logs", "workspaceResourceId": workspace_id().value}
    properties: Json = {
        "dataSources": {"extensions": [extension]},
        "destinations": {"logAnalytics": [target]},
        "dataFlows": [{"streams": [_STREAM], "destinations": ["logs"]}],
    }
    body = {**LOCATION, **TAGS, "kind": "Linux", "properties": properties}
    return Resource(type=RULES, names=(_rule_name(),), body=body, needs=(workspace_id(),))


def vault_logs(id: Code) -> Resource:
    """Who read what from the vault."""
    return _setting(VAULTS, (parameter("vaultName"),), id, "AuditEvent")


def gateway_logs(id: Code) -> Resource:
    """Every call through the gateway, in a table of its own."""
    made = _setting(SERVICE, (parameter("gatewayName"),), id, "GatewayLogs")
    made.body["properties"]["logAnalyticsDestinationType"] = "Dedicated"
    return made


def edge_logs(id: Code, type: str, name: str) -> Resource:
    """Every call through the edge, and what its firewall refused."""
    access, firewall = "ApplicationGatewayAccessLog", "ApplicationGatewayFirewallLog"
    return _setting(type, (name,), id, access, firewall)


def front_door_logs(id: Code, type: str, name: str) -> Resource:
    """Every call through Front Door, what its firewall refused, and how its origin answers."""
    access, firewall = "FrontDoorAccessLog", "FrontDoorWebApplicationFirewallLog"
    return _setting(type, (name,), id, access, firewall, "FrontDoorHealthProbeLog")


def _setting(type: str, names: tuple[Part, ...], id: Code, *categories: str) -> Resource:
    properties: Json = {
        "workspaceId": workspace_id().value,
        "logs": [{"category": c, "enabled": True} for c in categories],
    }
    body = {"scope": relative(type, names), "properties": properties}
    return Resource(
        type=SETTINGS, names=("to-workspace",), body=body, needs=(id, workspace_id()), on=id
    )
