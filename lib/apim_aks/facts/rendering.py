"""What kustomizations may name, what Helm is told, what is served and what is read of a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class KustomizationField(Row):
    """A field of a kustomization and what it holds; `because` says why it is refused.

    `plain` names no file; a `named-file` may have a key and `=` before the path.
    """

    field: str
    holds: Literal["plain", "file", "named-file", "inline-or-file", "refused"]
    because: str
    status: Status

    @property
    def path(self) -> tuple[str, ...]:
        """The keys that lead to it, `*` for each item of a list."""
        return tuple(self.field.replace("[]", ".*").split("."))


@dataclass(frozen=True, slots=True, kw_only=True)
class HelmApiVersion(Row):
    """An API version, or one with a kind, that charts are told the cluster has."""

    api_version: str
    when: Literal["always", "service-mesh"]
    because: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class UnservedVersion(Row):
    """An API version of a kind that Kubernetes no longer serves from `removed_in` on.

    `use` is the version to write instead; empty where there is none.
    """

    api_version: str
    kind: str
    removed_in: str
    use: str = ""
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterResource(Row):
    """What is read of a cluster, by its name in the API, and why.

    It is read to write `files` of what runs there, or for the `state` that a proof is about. Where
    it is `planned`, a plan looks for objects of the kind that no file holds.
    """

    resource: str
    read_for: Literal["files", "state", "both"]
    planned: Literal["", "yes"] = ""
    because: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterNamespace(Row):
    """A namespace of which nothing is read, and what it holds."""

    namespace: str
    because: str
    status: Status


@cache
def kustomization_fields() -> tuple[KustomizationField, ...]:
    """The fields that are known; any other is refused."""
    return read_rows(DATA / "kustomization_fields.csv", KustomizationField)


@cache
def helm_api_versions() -> tuple[HelmApiVersion, ...]:
    """The API versions that are passed to `helm template`."""
    return read_rows(DATA / "helm_api_versions.csv", HelmApiVersion)


@cache
def _unserved() -> dict[tuple[str, str], UnservedVersion]:
    rows = read_rows(DATA / "unserved_api_versions.csv", UnservedVersion)
    return {(r.api_version, r.kind): r for r in rows}


def unserved(api_version: str, kind: str, kubernetes_version: str) -> UnservedVersion | None:
    """The row where this Kubernetes version no longer serves the kind in that version."""
    row = _unserved().get((api_version, kind))
    return row if row and _number(kubernetes_version) >= _number(row.removed_in) else None


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


@cache
def cluster_resources() -> tuple[ClusterResource, ...]:
    """The fixed list of what becomes files; Secrets are not in it."""
    return tuple(row for row in _cluster_resources() if row.read_for != "state")


@cache
def state_resources() -> tuple[ClusterResource, ...]:
    """The fixed list of what decides who may connect; Secrets are not in it."""
    return tuple(row for row in _cluster_resources() if row.read_for != "files")


@cache
def planned_resources() -> tuple[str, ...]:
    """The kinds that lead callers to Services or guard them."""
    return tuple(row.resource for row in _cluster_resources() if row.planned)


@cache
def _cluster_resources() -> tuple[ClusterResource, ...]:
    return read_rows(DATA / "cluster_resources.csv", ClusterResource)


@cache
def namespaces_of_the_cluster() -> frozenset[str]:
    """Namespaces that Kubernetes and AKS keep for themselves."""
    rows = read_rows(DATA / "cluster_namespaces.csv", ClusterNamespace)
    return frozenset(r.namespace for r in rows)
