"""An option: its texts, the tier features it needs, and how it is drawn for a workload."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apim_aks.apis.mapping import Mapping, Role, left_beside
from apim_aks.facts import Controller, Tier
from apim_aks.once import Once
from apim_aks.options.choices import Choices
from apim_aks.topology import Topology
from apim_aks.workload.model import Service, Workload

PUBLISHING = ("developer_portal", "azure_monitor_request_logs", "rate_limit_by_key_policy")
"""Tier features that publishing APIs needs in every option (claims B2 and B4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Once):
    """The setting of a drawing: workload, APIs, tier, ingress controller and choices."""

    workload: Workload
    mapping: Mapping
    tier: Tier
    controller: Controller
    choices: Choices = Choices()

    @property
    def published(self) -> tuple[Service, ...]:
        """The Services that are published, in the order of the workload."""
        published = set(self.mapping.published)
        return tuple(s for s in self.workload.services if s.id in published)

    def main(self, service: Service) -> Service:
        """The Service whose calls this one gets a share of; itself where it has its own."""
        for split in self.mapping.splits:
            if service.id in dict(split.shares):
                return self.workload.service(split.service)
        return service

    @property
    def left_public(self) -> tuple[Service, ...]:
        """Services that stay reachable from the internet because they are not published."""
        published = set(self.mapping.published)
        return tuple(
            s for s in self.workload.services if s.id not in published and (s.public or s.routes)
        )

    @property
    def left_ports(self) -> tuple[Service, ...]:
        """Of those, the ones for a further port of a Service that is published."""
        published = set(self.mapping.published)
        return tuple(s for s in self.left_public if s.derived_from and s.origin in published)

    @property
    def own_entries(self) -> tuple[Service, ...]:
        """Of those, the ones that are meant to: pages, and where callers get their tokens."""
        meant = (Role.FRONT_END, Role.IDENTITY)
        found = {d.service for d in self.mapping.decisions if d.role in meant}
        return tuple(s for s in self.left_public if s.id in found)

    @property
    def left_routes(self) -> tuple[tuple[str, str], ...]:
        """Namespace and name of routes of published Services that lead elsewhere too: they stay.

        Elsewhere is also a port of such a Service that no API publishes.
        """
        found = (
            (r.namespace or s.namespace, f"{r.kind} {r.name}")
            for s in self.published
            for left in ({r for r, _ in left_beside(s)},)
            for r in s.routes
            if r.elsewhere or r in left
        )
        return tuple(dict.fromkeys(found))

    @property
    def fixed_address(self) -> bool:
        """The tier's gateway calls back ends from an address of its own that stays."""
        return self.tier.has("static_outbound_ip")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One way of placing API Management before the cluster.

    `mode` is the id of its network mode, `needs` the tier features without which it cannot be
    built, `gains` and `costs` claim ids, `avoid` when not to choose it, `chapter` the
    name of the notebook that shows it.
    """

    id: str
    title: str
    sentence: str
    mode: str
    draw: Callable[[Setting], Topology]
    needs: tuple[str, ...] = ()
    controller: str = "none"
    gains: tuple[str, ...] = ()
    costs: tuple[str, ...] = ()
    avoid: str = ""
    chapter: str = ""

    @property
    def inside_network(self) -> bool:
        """API Management, or its outbound traffic, is tied to the cluster's virtual network."""
        return self.mode != "none"
