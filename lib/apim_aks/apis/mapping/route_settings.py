"""What the routes of published Services do today, and what becomes of each of these things."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apim_aks.apis.mapping.model import About, Note
from apim_aks.facts.ingress_behaviours import ingress_behaviours
from apim_aks.workload.model import Service
from apim_aks.workload.route import Setting


def today(services: Iterable[Service]) -> Iterator[Note]:
    """Each setting of their routes once, with file and line; what no row knows is named too."""
    for service in services:
        found = dict.fromkeys(s for route in service.routes for s in route.settings)
        for setting in sorted(found, key=lambda s: (s.file, s.line, s.name)):
            if sentence := _becomes(setting):
                yield Note(About.TODAY, service.id, sentence)


def _becomes(setting: Setting) -> str:
    where = f"{setting.on} ({setting.file}, line {setting.line}) has {_called(setting.name)}"
    row = ingress_behaviours().get(setting.name)
    if row is None:
        return (
            f"{where}, which is not understood and not carried over: find out what it does before "
            "the route is changed or removed"
        )
    if f"{setting.name.removeprefix(row.prefix)}={setting.value}" in row.off:
        return ""
    value = f" {setting.value!r}" if row.value and setting.value else ""
    return f"{where}{value} ({row.does}), {row.becomes}"


def _called(name: str) -> str:
    """An annotation by its whole name, a field without the kind that stands before it."""
    prefix, _, field = name.partition("/")
    return name if "." in prefix else field or name
