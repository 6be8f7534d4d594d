"""API Management itself: tier, network integration, identity, and dependencies."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from apim_aks.artefacts.arm_templates.vault import ASSIGNMENTS
from apim_aks.facts import arm_role
from apim_aks.remote.azure import Json
from apim_aks.topology import Auth
from apim_aks.verification.answers import (
    at_rest,
    counted,
    gone,
    inside,
    looked,
    other,
    rows,
    said,
    same,
    words,
)
from apim_aks.verification.resource_ids import ResourceIds, ground
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict, not_run


def service(place: ResourceIds) -> Json | None:
    """The instance, read in the API version with all its properties."""
    return place.scene.azure.resource(place.gateway, place.site.preview)


def tier(scene: LiveScene) -> Verdict:
    """The verdict on tier, units, zones and regions."""
    place = ground(scene)
    found = service(place)
    wrong = gone(place.gateway) if found is None else tuple(_tier(found, place))
    seen = inside(found, "sku.capacity")
    units = counted(seen, "unit") if isinstance(seen, int) else "no units"
    return looked(wrong, f"{said(inside(found, 'sku.name'))} with {units}")


def _tier(found: Json, place: ResourceIds) -> Iterator[str]:
    site = place.site
    yield from other("the tier", inside(found, "sku.name"), site.tier.arm_name)
    yield from at_rest(found)
    units = inside(found, "sku.capacity")
    if not isinstance(units, int) or units < site.units:
        yield f"its units are {said(units)}, designed: {site.units}"
    if site.zones:
        yield from _zones(found, place)
    yield from _regions(found, place)


def _zones(found: Json, place: ResourceIds) -> Iterator[str]:
    if place.site.tier.family == "v2":
        if inside(found, "properties.zoneRedundant") is not True:
            yield "it is not zone-redundant, designed: it is"
        return
    zones = found.get("zones")
    if not isinstance(zones, list) or len(set(map(str, zones))) < len(place.site.zones):
        yield f"its zones are {said(zones)}, designed: {', '.join(place.site.zones)}"


def _regions(found: Json, place: ResourceIds) -> Iterator[str]:
    seen = 1 + len(rows(found, "properties.additionalLocations"))
    if seen < place.site.regions:
        yield f"{seen} region, designed: {place.site.regions}"


def network_type(scene: LiveScene) -> Verdict:
    """The verdict on the network type and on public network access."""
    place = ground(scene)
    found = service(place)
    wrong = gone(place.gateway) if found is None else tuple(_network_type(found, place))
    access = said(inside(found, "properties.publicNetworkAccess")).lower()
    type = said(inside(found, "properties.virtualNetworkType"))
    return looked(wrong, f"network type {type}, public network access {access}")


def _network_type(found: Json, place: ResourceIds) -> Iterator[str]:
    wanted = place.site.network_type.network_type
    yield from other("the network type", inside(found, "properties.virtualNetworkType"), wanted)
    open_ = "Disabled" if place.site.closed else "Enabled"
    access = inside(found, "properties.publicNetworkAccess")
    yield from other("public network access", access, open_)
    if place.site.closed:
        yield from _connection(found, place)


def _connection(found: Json, place: ResourceIds) -> Iterator[str]:
    """The connection of the private endpoint; Front Door's is in a Microsoft subscription."""
    state = "properties.privateLinkServiceConnectionState.status"
    ours = [
        c
        for c in rows(found, "properties.privateEndpointConnections")
        if place.site.private_link
        or same(inside(c, "properties.privateEndpoint.id"), place.endpoint)
    ]
    if not any(same(inside(c, state), "Approved") for c in ours):
        seen = said(inside(ours[0], state)) if ours else "not there"
        yield f"the connection of the private endpoint is {seen}, designed: Approved"


def identity(scene: LiveScene) -> Verdict:
    """The verdict on the gateway's identity, and on its role on the vault if it needs one."""
    place = ground(scene)
    found = service(place)
    if found is None:
        return looked(gone(place.gateway), "")
    principal = inside(found, "identity.principalId")
    if not isinstance(principal, str) or not principal:
        return looked(("the gateway has no identity of its own",), "")
    kind = str(inside(found, "identity.type") or "")
    wrong = () if "systemassigned" in kind.lower() else other("its kind", kind, "SystemAssigned")
    needed = _reads_vault(place)
    roles = _reading(place, principal) if needed else ()
    fine = "system-assigned identity" + (
        ", which may read secrets of the vault" if needed else ", no role needed"
    )
    return looked((*wrong, *roles), fine)


def _reads_vault(place: ResourceIds) -> bool:
    """Whether a certificate or secret of the design comes from the vault."""
    shows = any(c.auth is Auth.CLIENT_CERTIFICATE for c in place.scene.topology.credentials)
    named = bool(place.site.host_name) and place.own_gateway
    return shows or named or any(v.secret for v in place.site.values)


def _reading(place: ResourceIds, principal: str) -> tuple[str, ...]:
    """Why it cannot read secrets: by the roles or the access policies of the vault."""
    vault = place.scene.azure.resource(place.vault)
    if vault is None:
        return gone(place.vault)
    if inside(vault, "properties.enableRbacAuthorization") is not False:
        return _role(place, principal)
    for policy in rows(vault, "properties.accessPolicies"):
        may = {w.lower() for w in words(inside(policy, "permissions.secrets"))}
        if same(policy.get("objectId"), principal) and not may.isdisjoint({"get", "all"}):
            return ()
    return (
        f"the vault {place.site.vault} goes by access policies, where roles open nothing, and none "
        "lets the gateway's identity read secrets",
    )


def _role(place: ResourceIds, principal: str) -> tuple[str, ...]:
    """Whether the role is assigned on the vault or on a scope above it."""
    row = arm_role("vault-reader")
    wanted = f"principalId eq '{principal}'"
    query = f"$filter={quote(wanted)}"
    listed = place.scene.azure.children(place.vault, ASSIGNMENTS, query)
    if listed is None:
        return gone(place.vault)
    for found in listed:
        role = str(inside(found, "properties.roleDefinitionId") or "")
        scope = str(inside(found, "properties.scope") or "").rstrip("/").lower()
        around = scope and f"{place.vault.lower()}/".startswith(f"{scope}/")
        holds = same(inside(found, "properties.principalId"), principal)
        if holds and around and role.lower().endswith(f"/{row.definition}"):
            return ()
    return (f"the gateway's identity lacks {row.role} on the vault {place.site.vault}",)


def network_status(scene: LiveScene) -> Verdict:
    """Whether the gateway reaches every required dependency."""
    place = ground(scene)
    if service(place) is None:
        return looked(gone(place.gateway), "")
    listed = scene.azure.children(place.gateway, "networkstatus")
    if listed is None:
        return not_run(f"{place.site.tier.name} reports no network status")
    wrong = [s for region in listed for s in _unreached(region)]
    waiting = [s for region in listed for s in _undecided(region)]
    if waiting and not wrong:
        return not_run(f"not known yet: {', '.join(waiting[:3])}; run this again in some minutes")
    count = sum(len(rows(r, "networkStatus.connectivityStatus")) for r in listed)
    if not count and not wrong:
        return not_run("API Management reports no dependency yet; run this again in some minutes")
    return looked(wrong, f"{count} dependencies, every required one reached")


def _unreached(region: Json) -> Iterator[str]:
    """Required dependencies without success; unmarked ones count as required."""
    place = said(region.get("location"))
    listed = rows(region, "networkStatus.connectivityStatus")
    if not listed:
        yield f"{place}: its dependencies are not reported"
    for found in listed:
        if _required(found) and not same(found.get("status"), "success") and not _starting(found):
            yield f"{place}: {_kind(found)} ended {said(found.get('status'))}"


def _undecided(region: Json) -> Iterator[str]:
    listed = rows(region, "networkStatus.connectivityStatus")
    yield from (_kind(found) for found in listed if _required(found) and _starting(found))


def _required(found: Json) -> bool:
    return found.get("isOptional") is not True


def _starting(found: Json) -> bool:
    return same(found.get("status"), "initializing")


def _kind(found: Json) -> str:
    return said(found.get("resourceType") or found.get("name"))
