"""The rules of the gateway's security group: the rows of its network mode, as far as they apply."""

from __future__ import annotations

from collections.abc import Iterable

from apim_aks.facts import RuleRow, network_rules
from apim_aks.options.entra import entra_tenant
from apim_aks.options.option import Setting
from apim_aks.topology import Backend, NetworkRule

BACK_ENDS = "<back-ends>"


def security_rules(
    setting: Setting, mode: str, subnet: str, backends: Iterable[Backend], *also: str
) -> tuple[NetworkRule, ...]:
    """The rows of the network mode: those required, and those that this design triggers.

    `also` are triggers beside those that follow from the workload.
    """
    used, called = _used(setting).union(also), tuple(backends)
    return tuple(
        NetworkRule(
            subnet=subnet,
            direction=row.direction,
            priority=row.priority or 0,
            access=row.access,
            protocol=row.protocol,
            source=row.source_prefix,
            destination=row.destination_prefix,
            port=rule_ports(row, called),
            reason=row.purpose,
            required=row.required,
            row=row.id,
        )
        for row in network_rules(mode)
        if row.required or row.when in used
    )


def _used(setting: Setting) -> set[str]:
    used = {"always", "entra-id", "backend", "inbound-deny"}
    if setting.workload.azure.restrict_outbound:
        used.add("restrict-outbound")
    if setting.tier.has("several_machines"):
        used.add("several-machines")
    if setting.workload.requirements.regions > 1 and setting.tier.has("multi_region"):
        used.add("multi-region")
    if any(s.validates and entra_tenant(s.validates.issuer) is None for s in setting.published):
        used.add("other-issuer")
    return used


def rule_ports(row: RuleRow, backends: Iterable[Backend]) -> str:
    """The ports of a row; towards the cluster those that the back ends listen on."""
    if row.port != BACK_ENDS:
        return row.port
    return ",".join(str(port) for port in sorted({b.port for b in backends}))
