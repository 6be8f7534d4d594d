"""Front ends in templates that may forward calls to the pods of a cluster."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.facts import azure_facts
from apim_aks.reachability.places import Place, Places
from apim_aks.reachability.site import Site
from apim_aks.reachability.templates.filtering import EVERYWHERE, ranges_of
from apim_aks.reachability.templates.network_values import ApiManagement, Fronted, ZoneRecord
from apim_aks.reachability.templates.tags import intersected
from apim_aks.reachability.zones import Zone

_FORWARDS = (
    "microsoft.network/applicationgateways",
    "microsoft.network/loadbalancers",
    "microsoft.cdn/profiles/origingroups/origins",
)
_PUBLIC = (Zone.INTERNET, Zone.REGION)
_PRIVATE = (Zone.PEERED, Zone.ON_PREMISES)


def _names(gateway: ApiManagement) -> tuple[str, str]:
    """The default host name, and the one that a private endpoint makes of it."""
    name, suffix = gateway.id.rpartition("/")[2].lower(), azure_facts().gateway_suffix
    return f"{name}.{suffix}", f"{name}.privatelink.{suffix}"


def _tells(record: ZoneRecord, host: str) -> bool:
    """The record answers for this name: by itself, or as a wildcard above it."""
    zone, name = record.zone.rpartition("/")[2].lower(), record.name.lower()
    if name.startswith("*"):
        return host.endswith(f".{zone}")
    return host == (zone if name == "@" else f"{name}.{zone}")


class Proxies:
    """The application gateways, load balancers and Front Doors of templates: ways nobody follows.

    Calls come on from their own subnet, which the zone of the network holds; whether they are led
    to a pod is not read.
    """

    def __init__(self, site: Site, places: Places) -> None:
        self._site, self._places = site, places
        every = site.templates.all(Fronted)
        self._found = tuple(f for f in every if f.kind.lower() in _FORWARDS and self._leads(f))

    def before(self, place: Place) -> Iterator[str]:
        """Those that a place may reach, in words."""
        for fronted in self._found:
            public = any(front.public_address for front in fronted.fronts)
            if place.zone in _PRIVATE or (place.zone in _PUBLIC and public):
                name = fronted.id.rpartition("/")[2]
                yield f"{fronted.kind} {name} ({fronted.origin}) may forward calls to pods"

    def _leads(self, fronted: Fronted) -> bool:
        """Something behind it may be a node, a pod or a frontend of the cluster."""
        cluster = self._site.cluster
        if cluster and cluster.application_gateway.lower() == fronted.id.lower():
            return True
        return any(self._is_near(back_end) for back_end in fronted.back_ends)

    def _is_gateway(self, host: str) -> bool:
        """The name that Azure gives to an API Management of the templates, led nowhere else.

        What comes on from there are the gateway's own calls.
        """
        azure = self._site.templates
        gateways = azure.all(ApiManagement)
        owners = {g.id.lower() for g in gateways if host in _names(g)}
        names = [name for g in gateways if g.id.lower() in owners for name in _names(g)]
        led = [r for r in azure.all(ZoneRecord) if any(_tells(r, name) for name in names)]
        own = (not r.addresses and {o.lower() for o in r.owners} <= owners for r in led)
        return bool(owners) and all(own)

    def _is_near(self, back_end: object) -> bool:
        """A name may be that of anything; an address is looked for in the network of the nodes."""
        if self._is_gateway(str(back_end).lower()):
            return False
        ranges = ranges_of(str(back_end))
        return ranges is None or bool(intersected(ranges, self._places.space or EVERYWHERE))
