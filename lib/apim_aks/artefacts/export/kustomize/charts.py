"""Helm values of what is installed by a chart: the ingress controller that is none of AKS's own."""

from __future__ import annotations

import shlex
from typing import Any

from apim_aks.artefacts.bundle import Artefacts
from apim_aks.facts.objects import IngressGateway, ingress_gateway
from apim_aks.workload.documents import dump

_PLAIN: dict[str, Any] = {"true": True, "false": False, "null": None}


def installed(built: Artefacts) -> IngressGateway | None:
    """The ingress that a manifest says to install by a chart; None where no manifest does."""
    row = ingress_gateway(built.drawn.controller.id)
    if row is None or not row.install:
        return None
    return row if any(row.install in file.warning for file in built.manifests) else None


def chart_files(built: Artefacts) -> dict[str, str]:
    """The values of the chart, at their place in the folder."""
    row = installed(built)
    return {_place(row): dump(_nested(row.chart_values))} if row else {}


def chart_words(built: Artefacts) -> str:
    """How the chart is installed with these values, or that there is none."""
    row = installed(built)
    if row is None:
        return "Nothing here is installed by a Helm chart."
    command = row.install.partition(" --set ")[0]
    return (
        f"First, by Helm: `{command} --values {_place(row)}`, with --skip-crds where another "
        "release is there."
    )


def _place(row: IngressGateway) -> str:
    return f"charts/{shlex.split(row.install)[2]}/values.yaml"


def _nested(values: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path, value in values.items():
        *above, last = path.split(".")
        at = found
        for key in above:
            at = at.setdefault(key, {})
        at[last] = _PLAIN.get(value, value)
    return found
