"""The environments of workload.yaml: the whole scenario again, with what differs in each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from apim_aks.workload.file.source import Source
from apim_aks.workload.model import Workload
from apim_aks.workload.names import names_of

KEY = "environments"


def with_environments(
    whole: Workload, source: Source, read: Callable[[Source], Workload]
) -> Workload:
    """The workload with the same in each of its environments; `read` reads one of these.

    Documents are read once, so that it has the digests and findings of the whole beside its own.

    Raises:
        InputError: an environment cannot be used, or would be deployed over another one.
    """
    found: dict[str, Workload] = {}
    for name in source.data.get(KEY, {}):
        one = read(_within(source, name))
        wrong = tuple(dict.fromkeys((*whole.findings, *one.findings)))
        digests = tuple(sorted((dict(whole.digests) | dict(one.digests)).items()))
        one = replace(one, environment=name, findings=wrong, digests=digests)
        _check_apart(source, one, found)
        found[name] = one
    extra = (f for one in found.values() for f in one.findings)
    wrong = tuple(dict.fromkeys((*whole.findings, *extra)))
    return replace(whole, environments=found, findings=wrong)


def _within(source: Source, name: str) -> Source:
    plain = {k: v for k, v in source.data.items() if k != KEY}
    return replace(source, data=_over(plain, source.data[KEY][name]), environment=name)


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """What the one says over the other, key by key; a list takes the place of a list."""
    both = {k: _over(below[k], above[k]) for k in below.keys() & above.keys() if _maps(below, k)}
    return {**below, **above, **both}


def _maps(data: Mapping[str, Any], key: str) -> bool:
    return isinstance(data[key], dict)


def _check_apart(source: Source, one: Workload, others: Mapping[str, Workload]) -> None:
    """Two environments with one instance or one resource group would overwrite each other."""
    for name, other in others.items():
        for what, same in zip(_PLACES, zip(_places(one), _places(other), strict=True), strict=True):
            if same[0] == same[1]:
                found = f"the {what} {same[0]} of {name} in {one.environment} again"
                expected = "an azure.name_suffix, or names of its own, in each environment"
                raise source.error((KEY, one.environment), found, expected)


_PLACES = ("resource group", "API Management")


def _places(one: Workload) -> tuple[str, str]:
    names, there = names_of(one), one.azure.existing.api_management
    gateway = f"{there.name} in {there.resource_group}" if there else names.gateway
    return names.resource_group, gateway
