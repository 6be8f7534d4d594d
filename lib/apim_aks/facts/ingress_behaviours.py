"""What routes do today beside leading somewhere, by annotation or field, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from apim_aks.facts.routes import route_annotations
from apim_aks.facts.rows import DATA, Row, Status, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressBehaviour(Row):
    """A family of annotations of one controller, or of fields of a kind of object.

    `prefix` and one of the `names` make the whole name. `does` and `becomes` are for a sentence;
    a `value` may be shown where it is no configuration of its own, and does nothing where it is
    `off`, each as `name=value`.
    """

    id: str
    prefix: str
    names: tuple[str, ...]
    does: str
    becomes: str
    value: bool
    off: tuple[str, ...] = ()
    status: Status


@cache
def ingress_behaviours() -> dict[str, IngressBehaviour]:
    """The row of each annotation or field that is known, by its whole name."""
    rows = read_rows(DATA / "ingress_behaviours.csv", IngressBehaviour)
    return {f"{row.prefix}{name}": row for row in rows for name in row.names}


@cache
def controller_prefixes() -> frozenset[str]:
    """What annotations of the ingress controllers that have a row anywhere begin with."""
    known = (*ingress_behaviours(), *route_annotations())
    return frozenset(f"{name.partition('/')[0]}/" for name in known)
