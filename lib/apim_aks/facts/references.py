"""What objects name in other objects, what a cluster has by itself, and who brings which kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.policy_kinds import policy_kinds
from apim_aks.facts.rows import DATA, Row, Status, read_rows

CORE = "core"
EVERYWHERE = "*"
"""In place of a namespace: each has the object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceRow(Row):
    """A field that names another object.

    `of` is a kind, with its API group behind a dot where another group has the kind too, or
    `PodSpec`. `path` leads to the name, `[]` for each item of a list. The object `needs` what is
    named, or `makes` it. `optional`, `namespace` and `kind_at` are fields beside the name that say
    so, where it is, and of which kind. A `host` is a host name of a Service, `namespace/name` may
    leave the namespace out.
    """

    of: str
    path: str
    says: Literal["needs", "makes"]
    group: str = ""
    kind: str
    form: Literal["name", "host", "namespace/name"]
    optional: str = ""
    namespace: str = ""
    kind_at: str = ""
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterObject(Row):
    """An object that a new cluster has by itself; `*` is any namespace.

    With `when` only where a managed cluster has this property.
    """

    group: str = ""
    kind: str
    namespace: str = ""
    name: str
    because: str
    when: str = ""
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiGroup(Row):
    """A group of kinds, what brings it, and the property of a managed cluster that shows it.

    Without `shown_by` every cluster has it.
    """

    group: str
    brought_by: str
    shown_by: str = ""
    status: Status


@cache
def reference_rows() -> Mapping[str, tuple[ReferenceRow, ...]]:
    """The fields by the kind that has them."""
    found: dict[str, tuple[ReferenceRow, ...]] = {}
    for row in read_rows(DATA / "object_references.csv", ReferenceRow):
        found[row.of] = (*found.get(row.of, ()), row)
    return found


@cache
def cluster_objects() -> tuple[ClusterObject, ...]:
    """What is there without anybody's manifests."""
    return read_rows(DATA / "cluster_objects.csv", ClusterObject)


@cache
def always_there() -> frozenset[tuple[str, str, str, str]]:
    """API group, kind, namespace and name of what any cluster has, with any add-on."""
    return frozenset((r.group, r.kind, r.namespace, r.name) for r in cluster_objects())


@cache
def api_groups() -> Mapping[str, ApiGroup]:
    """The groups that AKS can serve, by name."""
    return {row.group: row for row in read_rows(DATA / "api_groups.csv", ApiGroup)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRegistry(Row):
    """A registry of images, and whom it serves."""

    host: str
    serves: Literal["everybody", "signed-in"]
    status: Status


@cache
def open_registries() -> frozenset[str]:
    """The hosts from which a cluster can pull without a secret, where the image is public."""
    rows = read_rows(DATA / "image_registries.csv", ImageRegistry)
    return frozenset(row.host for row in rows if row.serves == "everybody")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterWideKind(Row):
    """A kind whose objects are in no namespace."""

    group: str = ""
    kind: str
    status: Status


@cache
def _cluster_wide() -> frozenset[tuple[str, str]]:
    rows = read_rows(DATA / "cluster_wide_kinds.csv", ClusterWideKind)
    policies = (key for key, row in policy_kinds().items() if row.whole_cluster)
    return frozenset((*((row.group, row.kind) for row in rows), *policies))


def cluster_wide(group: str, kind: str) -> bool:
    """Objects of this kind are in no namespace; an unknown kind is taken to be in one."""
    return (group, kind) in _cluster_wide()
