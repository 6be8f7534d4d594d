"""The Key Vault, who may read it, and role assignments."""

from __future__ import annotations

from apim_aks.artefacts.arm_templates.expressions import (
    Code,
    Json,
    Part,
    call,
    parameter,
    quoted,
    resource_id,
)
from apim_aks.artefacts.arm_templates.resource import LOCATION, TAGS, Resource
from apim_aks.artefacts.arm_templates.routes import tunnelled
from apim_aks.artefacts.arm_templates.site import VAULTS, Site
from apim_aks.facts import ArmRole, arm_defaults, arm_role

ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"


def vault_id(site: Site, group: str = "") -> Code:
    """The id of the Key Vault, seen from a deployment into the named group or into our own."""
    place = group or site.group(site.existing.key_vault)
    return resource_id(VAULTS, (parameter("vaultName"),), place)


def key_vault(site: Site) -> Resource:
    """A vault that only nodes, the edge, trusted services and listed addresses can call."""
    return Resource(
        type=VAULTS,
        names=(parameter("vaultName"),),
        body={
            **LOCATION,
            **TAGS,
            "properties": {
                "tenantId": Code("subscription().tenantId").value,
                "sku": {"family": "A", "name": "standard"},
                "enableRbacAuthorization": True,
                "enableSoftDelete": True,
                "softDeleteRetentionInDays": arm_defaults().vault_days,
                "enablePurgeProtection": True,
                "publicNetworkAccess": "Enabled",
                "networkAcls": _rules(site),
            },
        },
        needs=_subnets(site),
        because="Public access is limited to the listed addresses and subnets; API Management "
        "comes in as a trusted service with its system-assigned identity",
    )


def _rules(site: Site) -> Json:
    own = ", ".join(call("createObject", "id", id) for id in _subnets(site))
    further = _each("vaultSubnets", "id")
    listed = Code(f"concat(createArray({own}), {further})") if own else further
    addresses = _each("vaultAddresses", "value")
    return {
        "bypass": "AzureServices",
        "defaultAction": "Deny",
        "ipRules": addresses.value,
        "virtualNetworkRules": listed.value,
    }


def _each(listed: str, field: str) -> Code:
    """Every member of a parameter as an object with this field."""
    item = f"createObject('{field}', lambdaVariables('each'))"
    return Code(f"map({parameter(listed)}, lambda('each', {item}))")


def _subnets(site: Site) -> tuple[Code, ...]:
    """Those of a new cluster, the edge, and a gateway that reaches the vault past a firewall.

    That of an existing cluster is named by the deployer.
    """
    nodes = () if site.existing.cluster else (site.subnet("nodes"),)
    edge = (site.subnet("edge"),) if site.edge else ()
    own = site.injected and site.existing.api_management is None
    return (*nodes, *edge, *((site.subnet("gateway"),) if own and tunnelled(site) else ()))


def assigned(
    role: str, scope: tuple[str, tuple[Part, ...]], principal: Code, holder: Code, **where: str
) -> Resource:
    """A role for a principal on one resource, under a name that a second deployment meets again.

    `scope` is type and name of the resource, `holder` the id of whoever holds the principal.
    """
    row = arm_role(role)
    type, names = scope
    group = where.get("group", "")
    target = resource_id(type, names, group)
    name = Code(f"guid({target}, {holder}, '{row.definition}')")
    properties = _properties(row, principal)
    body = {"scope": relative(type, names), "properties": properties}
    needs = (target, holder)
    return Resource(
        type=ASSIGNMENTS,
        names=(name,),
        body=body,
        needs=needs,
        group=group,
        because=_why(row),
        on=target,
    )


def assigned_on_group(role: str, principal: Code, holder: Code) -> Resource:
    """A role for a principal on the whole resource group."""
    row = arm_role(role)
    name = Code(f"guid(resourceGroup().id, {holder}, '{row.definition}')")
    body = {"properties": _properties(row, principal)}
    return Resource(type=ASSIGNMENTS, names=(name,), body=body, needs=(holder,), because=_why(row))


def _why(row: ArmRole) -> str:
    """The role by its name, since the template can only write its id."""
    return f"{row.role}: {row.because}"


def _properties(row: ArmRole, principal: Code) -> Json:
    definition = call(
        "subscriptionResourceId", "Microsoft.Authorization/roleDefinitions", row.definition
    )
    return {
        "roleDefinitionId": definition.value,
        "principalId": principal.value,
        "principalType": "ServicePrincipal",
    }


def relative(type: str, names: tuple[Part, ...]) -> str:
    """A scope inside the deployment's group: type and names in turn."""
    provider, *kinds = type.split("/")
    holes = "/".join(f"{kind}/{{{n}}}" for n, kind in enumerate(kinds))
    return f"[format('{provider}/{holes}', {', '.join(quoted(p) for p in names)})]"


def secret_identifier(name: str) -> str:
    """The id of a certificate or secret of the vault without its version: renewals are followed."""
    pieces = "'https://{0}{1}/secrets/{2}', parameters('vaultName')"
    return f"[format({pieces}, environment().suffixes.keyvaultDns, {quoted(name)})]"
