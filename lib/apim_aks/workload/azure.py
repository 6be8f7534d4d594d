"""The section `azure` of workload.yaml: where the workload is going to run."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any, Literal

from apim_aks.errors import InputError
from apim_aks.facts.regions import Region, regions
from apim_aks.workload.finding import one_of


@dataclass(frozen=True, slots=True)
class Existing:
    """An existing resource, which is used and never declared again.

    `extracted` is the folder that APIOps extracted from an API Management.
    """

    name: str
    resource_group: str
    extracted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingResources:
    """The existing resources; None where the workbook creates its own."""

    cluster: Existing | None = None
    network: Existing | None = None
    hub: Existing | None = None
    api_management: Existing | None = None
    key_vault: Existing | None = None


@dataclass(frozen=True, slots=True)
class Mistake:
    """Keys of `azure` that do not go together: where, what was found, and what was expected."""

    key: str
    found: str
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Azure:
    """Where it is going to run. Never a subscription or tenant id.

    The fields are the keys of `azure` in workload.yaml and mean what its schema says of them;
    text is empty and a number None where the file says nothing. Ranges are in CIDR notation.
    """

    environment: str = "production"
    region: str = "westeurope"
    kubernetes_version: str = "1.36"
    name_suffix: str = ""
    resource_group: str = ""
    existing: ExistingResources = ExistingResources()
    address_space: str = ""
    taken_address_ranges: tuple[str, ...] = ()
    gateway_network: Literal["shared", "peered", "hub"] = "shared"
    hub_address_space: str = ""
    egress: Literal["", "direct", "firewall"] = ""
    firewall_address: str = ""
    restrict_outbound: bool = False
    gateway_subnet: str = ""
    network_policy: str = ""
    authorized_ranges: tuple[str, ...] = ()
    host_name: str = ""
    close_after_days: float | None = None
    publisher_name: str = ""
    publisher_email: str = ""

    @property
    def mistake(self) -> Mistake | None:
        """The first keys that do not go together; None where all do."""
        if self.network_policy and not self.existing.cluster:
            expected = "the two together, since a new cluster gets an engine of its own"
            return Mistake("network_policy", "network_policy without existing.cluster", expected)
        return self._hub or self._egress

    @property
    def _hub(self) -> Mistake | None:
        """A hub stands already: its name, and room in it, belong to a gateway that goes there."""
        parts = {"existing.hub": self.existing.hub, "hub_address_space": self.hub_address_space}
        wanted = self.gateway_network == "hub"
        odd = [name for name, given in parts.items() if bool(given) is not wanted]
        if not odd:
            return None
        if wanted:
            expected = "the two together: name and group of the network, and what is free in it"
            return Mistake("gateway_network", f"gateway_network: hub without {odd[0]}", expected)
        where = odd[0].partition(".")[0]
        return Mistake(where, f"{odd[0]} without gateway_network: hub", "both or neither")

    @property
    def _egress(self) -> Mistake | None:
        """A firewall needs its address, a private one, and nothing else has any."""
        address, key = self.firewall_address, "firewall_address"
        if self.egress != "firewall":
            alone = Mistake(key, f"{key} without egress: firewall", "both or neither")
            return alone if address else None
        if not address:
            found = f"egress: firewall without {key}"
            return Mistake("egress", found, "the two together: calls are led to that address")
        wanted = "a private IPv4 address such as 10.0.1.4"
        return None if _private(address) else Mistake(key, f"{address!r} as {key}", wanted)


def _private(address: str) -> bool:
    try:
        at = IPv4Address(address)
    except ValueError:
        return False
    return at.is_private and not (at.is_loopback or at.is_link_local or at.is_unspecified)


def azure_of(given: dict[str, Any]) -> Azure:
    """What stands under `azure` in workload.yaml, as its schema allows it."""
    plain: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    there = {what: Existing(**named) for what, named in plain.pop("existing", {}).items()}
    return Azure(**plain, existing=ExistingResources(**there))


def public_region(name: str) -> Region:
    """The region of this name.

    Raises:
        InputError: no region has this name, or it is one of another cloud.
    """
    found = next((r for r in regions() if r.name == name), None)
    if found is None:
        names = [r.name for r in regions() if r.cloud == "public"]
        raise InputError(f"region {name!r} is not known. Use {one_of(name, names)}.")
    if found.cloud != "public":
        raise InputError(
            f"the region {name} ({found.label}) belongs to a sovereign cloud; tiers, prices and "
            "host names here are those of the public cloud, so choose a region of that one."
        )
    return found
