"""What `traffic` in workload.yaml says of the load."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apim_aks.facts import Tier, tier
from apim_aks.workload.file.schema import Where
from apim_aks.workload.traffic import Limit, Traffic


def traffic_of(given: dict[str, Any], known: Callable[[Where, Any, str], Tier]) -> Traffic:
    """The stated load; `known` looks a tier up and says where in the file it is not one."""
    measured = {
        known(("traffic", "measured_per_unit", name), tier, name).name: float(carried)
        for name, carried in given.get("measured_per_unit", {}).items()
    }
    return Traffic(
        requests_per_second=given.get("requests_per_second"),
        measured=tuple(sorted(measured.items())),
        least_units=given.get("units", 1),
        rate=_limit(given.get("per_consumer")),
        quota=_limit(given.get("per_consumer_quota")),
    )


def _limit(given: dict[str, int] | None) -> Limit | None:
    return Limit(**given) if given else None
