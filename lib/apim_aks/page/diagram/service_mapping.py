"""Which APIs the Services become, as a graph: APIs, the Services behind them, their pods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apim_aks.page.diagram.canvas import EDGE, LINE, PODS, box, connect, place, sheet
from apim_aks.page.diagram.labels import INK, QUIET, arrow_label, lines, plain, zone_label
from apim_aks.page.diagram.text import Line
from apim_aks.topology import Kind

Row = tuple[str, Sequence[tuple[str, str, str]]]
"""An API's label, and for each Service behind it: label, pods, and the words on the arrow."""

OUTLINE = {"color": EDGE, "penwidth": "1", "style": "rounded,filled"}
MOST = 6


def telling(rows: Sequence[Row], most: int) -> list[Row]:
    """The rows to show, in order: those that join Services first, at most so many Services."""
    shown: list[int] = []
    for index in sorted(range(len(rows)), key=lambda i: (-len(rows[i][1]), i)):
        used = sum(len(rows[i][1]) for i in shown)
        if not shown or used + len(rows[index][1]) <= most:
            shown.append(index)
    return [(rows[i][0], rows[i][1][:most]) for i in sorted(shown)]


def dot(rows: Sequence[Row], shown: Sequence[Row]) -> str:
    """The rows shown in DOT, the rest as a number."""
    drawn: dict[str, Any] = {}
    with sheet() as drawing:
        with box("apis", zone_label("API Management: APIs"), "#F0F7FD"):
            for name in _apis(shown):
                drawn["api " + name] = _place(len(drawn), Kind.GATEWAY, name)
            drawn["more apis"] = _more(len(drawn), len(rows) - len(shown), "APIs")
        with box("aks", zone_label("AKS cluster: Services and their pods"), "#ECEBFA"):
            for name, pods in _services(shown).items():
                drawn["service " + name] = _place(len(drawn), Kind.SERVICE, name)
                drawn["pods " + name] = _place(len(drawn), PODS, pods) if pods else None
            rest = len(_services(rows)) - len(_services(shown))
            drawn["more services"] = _more(len(drawn), rest, "Services")
        _connect(shown, drawn, {api: len(services) for api, services in rows})
    return str(drawing.dot.source)


def _connect(shown: Sequence[Row], drawn: dict[str, Any], whole: dict[str, int]) -> None:
    for api, services in shown:
        for service, _, words in services:
            label = arrow_label(lines(words, 22, 3)) if words else ""
            source, target = drawn["api " + api], drawn["service " + service]
            connect(source, target, label=label, color=LINE, penwidth="1.8")
    for service, pods in _services(shown).items():
        if pods:
            label = arrow_label(["selects"])
            source, target = drawn["service " + service], drawn["pods " + service]
            connect(source, target, label=label, color=LINE)
    cut = [drawn["api " + api] for api, services in shown if len(services) < whole[api]]
    for source in [*cut, drawn["more apis"]]:
        if source and drawn["more services"]:
            connect(source, drawn["more services"], color=LINE, style="dotted")


def _place(index: int, kind: Kind | str, label: str) -> Any:
    first, *rest = label.rsplit(", ", 1) if kind == PODS else [label]
    words = [Line(line, 15, INK, bold=kind != PODS) for line in lines(first, 24, 2)]
    small = [Line(line, 13, QUIET) for text in rest for line in lines(text, 26, 1)]
    return place(f"n{index}", kind, [*words, *small], True, **OUTLINE)


def _more(index: int, count: int, what: str) -> Any:
    kind = Kind.GATEWAY if what == "APIs" else Kind.SERVICE
    return _place(index, kind, f"and {count} more {what}") if count > 0 else None


def _apis(rows: Sequence[Row]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(api for api, _ in rows))


def _services(rows: Sequence[Row]) -> dict[str, str]:
    return {service: pods for _, services in rows for service, pods, _ in services}


def cards(rows: Sequence[Row]) -> int:
    """How many cards the rows make."""
    services = _services(rows)
    return len(_apis(rows)) + len(services) + sum(bool(pods) for pods in services.values())


def sentences(rows: Sequence[Row]) -> tuple[str, ...]:
    """Each API and the Services that answer it."""
    return tuple(
        f"{plain(api)} is answered by {' and '.join(plain(s[0]) for s in services)}."
        for api, services in rows
    )


def alt_text(rows: Sequence[Row]) -> str:
    """What the mapping picture shows, in one paragraph."""
    joined = [row for row in rows if len(row[1]) > 1]
    single = len(rows) - len(joined)
    named = "; ".join(
        f"{plain(api)} joins {' and '.join(plain(s[0]) for s in services[:4])}"
        + (f" and {len(services) - 4} more" if len(services) > 4 else "")
        for api, services in joined[:4]
    )
    counts = (
        f"APIs on the left: {len(rows)}. Services of the cluster and their pods on the right: "
        f"{len(_services(rows))}. APIs with one Service each: {single}."
    )
    return f"{counts} {named}." if named else counts
