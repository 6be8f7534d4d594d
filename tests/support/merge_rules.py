"""How the API server merges, read from the schemas that Kubernetes publishes.

The reading is that of kube-openapi's pkg/schemaconv: a list type wins over a patch strategy, a list
without either is atomic, a map without a type is granular. `data/merge_keys.csv` holds the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

KINDS = (
    "apps.v1.DaemonSet",
    "apps.v1.Deployment",
    "apps.v1.ReplicaSet",
    "apps.v1.StatefulSet",
    "batch.v1.CronJob",
    "batch.v1.Job",
    "core.v1.ConfigMap",
    "core.v1.Namespace",
    "core.v1.Pod",
    "core.v1.ReplicationController",
    "core.v1.Secret",
    "core.v1.Service",
    "networking.v1.Ingress",
    "networking.v1.NetworkPolicy",
    "policy.v1.PodDisruptionBudget",
)
"""The kinds of Kubernetes that are generated, or that say who reaches what."""


class Rule(NamedTuple):
    definition: str
    field: str
    merge: str
    keys: tuple[str, ...]
    leads_to: str


Rules = dict[tuple[str, str], Rule]
"""By definition and field."""


def merge_rules(definitions: Mapping[str, Any], filled: frozenset[str]) -> Rules:
    """The rules of `KINDS` beside the default, and what leads to one.

    By default maps are merged and lists replaced. `filled` are definitions with default values;
    what leads to them is kept below lists that are replaced too.
    """
    named = {_short(name): found for name, found in definitions.items()}

    @cache
    def below(name: str) -> tuple[Rule, ...]:
        fields = named.get(name, {}).get("properties", {}).items()
        # Status is written by controllers: what is applied there is dropped.
        return tuple(_rule(named, name, f, found) for f, found in fields if f != "status")

    @cache
    def fills(name: str) -> bool:
        return name in filled or any(r.leads_to and fills(r.leads_to) for r in below(name))

    @cache
    def counts(name: str) -> bool:
        return fills(name) or any(_is_special(r, named) or _leads(r) for r in below(name))

    def _leads(rule: Rule) -> bool:
        wanted = fills if rule.merge == "atomic" else counts
        return bool(rule.leads_to) and wanted(rule.leads_to)

    found: Rules = {}
    waiting, seen = [(kind, True) for kind in KINDS], set[tuple[str, bool]]()
    while waiting:
        name, merged = waiting.pop()
        seen.add((name, merged))
        for rule in below(name):
            leads = _leads(rule) if merged else bool(rule.leads_to) and fills(rule.leads_to)
            if not leads and not (merged and _is_special(rule, named)):
                continue
            kept = leads or rule.merge == "keyed"
            found[name, rule.field] = rule if kept else rule._replace(leads_to="")
            further = (rule.leads_to, merged and rule.merge != "atomic")
            waiting += [further] if leads and further not in seen else []
    return found


def _is_special(rule: Rule, named: Mapping[str, Any]) -> bool:
    """It is merged otherwise than a map or a list without any mark."""
    is_list = "items" in named[rule.definition]["properties"][rule.field]
    return rule.merge != ("atomic" if is_list else "granular")


def _rule(named: Mapping[str, Any], definition: str, field: str, found: Mapping[str, Any]) -> Rule:
    more = found.get("additionalProperties")
    inside = found.get("items") or (more if isinstance(more, Mapping) else found)
    leads_to = _short(inside.get("$ref", "").rpartition("/")[2])
    atomic = _is_atomic(inside) or _is_atomic(named.get(leads_to, {}))
    if "items" in found:
        merge, keys = _list(found)
    else:
        merge, keys = "atomic" if atomic or _is_atomic(found) else "granular", ()
    return Rule(definition, field, merge, keys, "" if atomic else leads_to)


def _list(found: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    key = found.get("x-kubernetes-patch-merge-key")
    if not (merge := found.get("x-kubernetes-list-type")):
        united = found.get("x-kubernetes-patch-strategy", "").startswith("merge")
        merge = ("map" if key else "set") if united else "atomic"
    keys = found.get("x-kubernetes-list-map-keys") or [key]
    return ("keyed", tuple(keys)) if merge == "map" else (merge, ())


def _is_atomic(found: Mapping[str, Any]) -> bool:
    return found.get("x-kubernetes-map-type") == "atomic"


def _short(name: str) -> str:
    return name.removeprefix("io.k8s.api.").removeprefix("io.k8s.apimachinery.pkg.apis.")
