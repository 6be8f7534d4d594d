"""What callers of the published APIs notice of a change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apim_aks.apis.contract import ChangeSeverity, ContractChange, contract_difference
from apim_aks.difference.change import Change, Compared, Gate, Part
from apim_aks.difference.facets import address
from apim_aks.difference.side import Side
from apim_aks.facts import contract_rule

Body = Mapping[str, Any]

_NOTHING: Body = {"openapi": "3.0.3", "paths": {}}
_ORDER = list(ChangeSeverity)


def contract(old: Side, new: Side) -> Compared:
    """The contract of each API, by its id: what breaks callers first."""
    if old.documents is None or new.documents is None:
        side = "old" if old.documents is None else "new"
        return Compared(Part.CONTRACT, not_compared=(f"The {side} side has no API documents.",))
    lost = {*_lost(old), *_lost(new)}
    apis = sorted({*old.apis, *new.apis} - lost)
    found = [(api, c) for api in apis for c in _of_api(old, new, api)]
    found.sort(key=lambda pair: _ORDER.index(pair[1].severity))
    left_out = (*_left_out("old", old), *_left_out("new", new))
    return Compared(Part.CONTRACT, tuple(_change(api, c) for api, c in found), left_out)


def _left_out(name: str, side: Side) -> Iterator[str]:
    """What a side was read without: nobody knows the contract that stands in it."""
    for api in _lost(side):
        lacks = "no document of" if api in side.apis else "a document, and is without the API,"
        yield f"The {name} side has {lacks} {api}."
    if side.proof is None and side.publishes and not side.apis:
        yield f"The {name} side publishes Services, and has no API."
    for file in dict.fromkeys(finding.file for finding in side.refused):
        yield f"The {name} side was read without {file} or a part of it."


def _lost(side: Side) -> Iterator[str]:
    """The APIs of a report without a document, and the other way: a design has one for each."""
    return iter(sorted(side.apis.keys() ^ (side.documents or {}).keys()))


def _of_api(old: Side, new: Side, api: str) -> Iterator[ContractChange]:
    """What its documents say, and its operations that no document holds."""
    then, now = _published(old, new, api), _published(new, old, api)
    yield from contract_difference(then, now).changes
    before, after = _undescribed(old, api, then), _undescribed(new, api, now)
    for label in sorted(before ^ after):
        rule = "operation-removed" if label in before else "operation-added"
        yield ContractChange(rule, label, "", "", "")


def _published(side: Side, other: Side, api: str) -> Body:
    """The document of an API at its own path; without operations where the side has no such API."""
    path = address(side.apis.get(api) or other.apis[api])
    return {**(side.documents or {}).get(api, _NOTHING), "servers": [{"url": path}]}


def _undescribed(side: Side, api: str, document: Body) -> set[str]:
    """Operations such as `* /*`, which OpenAPI cannot hold."""
    paths = document.get("paths") or {}
    return {
        f"{o['method']} {o['template']}"
        for o in side.apis.get(api, {}).get("operations", ())
        if o["method"].lower() not in paths.get(o["template"], ())
    }


def _change(api: str, found: ContractChange) -> Change:
    breaks = found.severity is ChangeSeverity.BREAKING
    return Change(
        subject=f"{api}: {found.place}",
        kind=found.severity.value,
        before=found.before,
        now=found.after,
        because=f"{contract_rule(found.rule).what}: {found.because}",
        gate=Gate.CONTRACT if breaks else None,
    )
