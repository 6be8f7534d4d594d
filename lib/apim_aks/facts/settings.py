"""Tables whose rows are the fields of one value, each with its source."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from apim_aks.errors import InputError
from apim_aks.facts.rows import Row, Status, parse, read_rows, wanted_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Row):
    """One field of a value: `public-ports` is the field `public_ports`."""

    id: str
    what: str
    value: str
    status: Status
    because: str = ""


S = TypeVar("S")


def read_settings(path: Path, kind: type[S]) -> S:
    """The value of this class, a dataclass, whose fields are the rows of a table of settings.

    Raises:
        InputError: a row is missing, there twice or unknown, or its value is not of its type.
    """
    place = f"{path.parent.name}/{path.name}"
    rows = read_rows(path, Setting)
    types = get_type_hints(kind)
    wanted = [f.name.replace("_", "-") for f in fields(kind)]  # type: ignore[arg-type]
    found = [row.id for row in rows]
    if sorted(found) != sorted(wanted):
        different = ", ".join(sorted(set(found) ^ set(wanted))) or "a repeated row"
        raise InputError(
            f"{place}: the rows differ in {different}. They must be {', '.join(wanted)}."
        )
    names = {row.id: row.id.replace("-", "_") for row in rows}
    return kind(**{names[r.id]: _typed(place, r, types[names[r.id]]) for r in rows})


def _typed(place: str, row: Setting, kind: Any) -> Any:
    try:
        return parse(row.value, kind)
    except ValueError:
        raise InputError(
            f"{place}: the value {row.value!r} of {row.id} is not valid. "
            f"It must be {wanted_words(kind)}."
        ) from None
