"""Names of everything the workbook would create, from the workload alone.

The same workload always gives the same names, so that a second deployment meets the first one.
Abbreviations are those of the Cloud Adoption Framework (`apim-`, `aks-`, `vnet-`, `snet-`, `kv-`).
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from apim_aks.facts import azure_facts
from apim_aks.workload.model import Service, Workload

CHILD_NAME_LENGTH = 80
"""Longest name of a child of API Management (Azure resource name rules)."""
VAULT_NAME_LENGTH = 24
"""Longest name of a Key Vault (Azure resource name rules)."""


def label(text: str, longest: int = 50) -> str:
    """A DNS label or object name made of any text: lower-case letters, digits, hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:longest].strip("-") or "x"


def digest(values: Any, length: int = 8) -> str:
    """A short fingerprint: the same values, the same letters."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def marked(plain: str, values: Any, longest: int = 50, letters: int = 8) -> str:
    """The beginning of a label, and the fingerprint of what it stands for: no neighbour counts."""
    return f"{plain[: longest - letters - 1].strip('-')}-{digest(values, letters)}"


def fitting(text: str, longest: int = 50, letters: int = 8) -> str:
    """A label of this text alone: what a label cannot hold stays in it as a fingerprint."""
    plain = label(text, longest)
    return plain if plain == text else marked(plain, text, longest, letters)


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one workload's resources; `suffix` keeps two of them apart.

    `given_group` is the resource group that workload.yaml names, empty where it names none.
    """

    workload: str
    suffix: str
    region: str
    given_group: str = ""

    @property
    def gateway(self) -> str:
        """API Management."""
        return f"apim-{self.suffix}"

    @property
    def gateway_host(self) -> str:
        """The gateway's default host name."""
        return f"{self.gateway}.{azure_facts().gateway_suffix}"

    @property
    def gateway_client(self) -> str:
        """The name in the client certificate that the gateway shows."""
        return self.private_host(self.gateway)

    @property
    def cluster(self) -> str:
        """The AKS cluster."""
        return f"aks-{self.suffix}"

    @property
    def network(self) -> str:
        """The virtual network."""
        return f"vnet-{self.suffix}"

    @property
    def vault(self) -> str:
        """The Key Vault, cut to its longest name."""
        return f"kv-{self.suffix}"[:VAULT_NAME_LENGTH].strip("-")

    @property
    def workspace(self) -> str:
        """The Log Analytics workspace."""
        return f"log-{self.suffix}"

    @property
    def resource_group(self) -> str:
        """The resource group of new resources."""
        return self.given_group or f"rg-{self.suffix}"

    def public_host(self, host: str) -> str:
        """The name of a public address with this DNS label in the region."""
        own = fitting(f"{label(host, 63)}-{self.suffix}", 63)
        return f"{own}.{self.region}.{azure_facts().public_suffix}"

    def private_host(self, *labels: str) -> str:
        """A name that only the virtual network resolves."""
        return ".".join((*(fitting(part) for part in labels), label(self.workload), "internal"))


def names_of(workload: Workload) -> Names:
    """The names of this workload's resources."""
    suffix = label(workload.azure.name_suffix or workload.name, 30)
    return Names(workload.name, suffix, workload.azure.region, workload.azure.resource_group)


def cluster_host(service: Service) -> str:
    """The Service's name inside the cluster."""
    return f"{service.name}.{service.namespace}.svc.cluster.local"


def self_hosted_id(workload: Workload) -> str:
    """The id of the self-hosted gateway, a child of API Management."""
    return own_name(workload, "cluster")


def own_name(workload: Workload, id: str) -> str:
    """The name of a child of API Management: on an existing one it overwrites nobody's."""
    if workload.azure.existing.api_management is None:
        return id
    return f"{label(workload.name, max(1, CHILD_NAME_LENGTH - 1 - len(id)))}-{id}"


def service_label(service: Service) -> str:
    """One label for a Service, shared with no other Service of the cluster."""
    # The last hyphen tells where the namespace begins, unless that has hyphens of its own.
    between = "/" if "-" in service.namespace else "-"
    return fitting(f"{service.name}{between}{service.namespace}")
