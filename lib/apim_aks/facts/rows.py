"""Reading a table of `data/`: every row dated, every cell checked, errors by file and line."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import date
from math import isfinite
from pathlib import Path
from types import UnionType
from typing import (
    Any,
    Literal,
    NoReturn,
    Protocol,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from apim_aks.errors import InputError

PKG = Path(__file__).parents[1]
ROOT = PKG if (PKG / "data").is_dir() else PKG.parents[1]
DATA = ROOT / "data"

Status = Literal["verified", "unverified", "conflict", "secondary", "judgement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What every row of `data/` carries: where it is from and when it was last looked at."""

    source: str
    checked_on: str


R = TypeVar("R", bound=Row)


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


N = TypeVar("N", bound=_Identified)


def read_rows(path: Path, row: type[R]) -> tuple[R, ...]:
    """The rows of a CSV file, each checked against the fields of its class.

    Raises:
        InputError: the file is missing, or a row has a cell that cannot be what it should.
    """
    place = f"{path.parent.name}/{path.name}"
    if not path.is_file():
        raise InputError(f"{place} is missing. It must be a CSV file of {row.__name__} rows.")
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        try:
            return tuple(_rows(reader, row, place))
        except csv.Error as error:
            raise InputError(
                f"{place} line {reader.line_num + 1} cannot be read ({error}). Close every quote."
            ) from None


def _rows(reader: csv.DictReader[str], row: type[R], place: str) -> Iterator[R]:
    own = fields(row)
    wanted = [f.name for f in own]
    columns = list(reader.fieldnames or ())
    if sorted(columns) != sorted(wanted):
        different = ", ".join(sorted(set(columns) ^ set(wanted))) or "a repeated column"
        raise InputError(
            f"{place} line 1: the columns differ in {different}. They must be {', '.join(wanted)}."
        )
    types = get_type_hints(row)
    for cells in reader:
        line = f"{place} line {reader.line_num}"
        if None in cells or None in cells.values():
            raise InputError(f"{line}: the number of cells is not {len(wanted)}.")
        yield row(**{f.name: _cell(line, f, types[f.name], cells[f.name]) for f in own})


def _cell(line: str, field: Any, kind: Any, text: str) -> Any:
    if not text.strip():
        if field.default is MISSING:
            raise InputError(f"{line}: {field.name} is empty. It must be {wanted_words(kind)}.")
        return field.default
    try:
        if field.name == "checked_on":
            date.fromisoformat(text)
        return parse(text, kind)
    except ValueError:
        wanted = "a date such as 2026-11-22" if field.name == "checked_on" else wanted_words(kind)
        raise InputError(
            f"{line}: {field.name} {text!r} is not valid. It must be {wanted}."
        ) from None


def parse(text: str, kind: Any) -> Any:
    """The text as a value of this type; a ValueError where it cannot be one."""
    if kind is str:
        return text
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (UnionType, Union):
        return _first_that_parses(text, [a for a in inner if a is not type(None)])
    if origin is Literal:
        return inner[inner.index(text)]
    if origin is tuple:
        return tuple(parse(p.strip(), inner[0]) for p in text.split(";") if p.strip())
    if kind is bool:
        return {"yes": True, "no": False}[text] if text in ("yes", "no") else _reject(text)
    if kind is float:
        return _finite(text)
    return kind(text)


def _finite(text: str) -> float:
    number = float(text)
    return number if isfinite(number) else _reject(text)


def _first_that_parses(text: str, kinds: Sequence[Any]) -> Any:
    for kind in kinds:
        try:
            return parse(text, kind)
        except ValueError:
            continue
    return _reject(text)


def _reject(text: str) -> NoReturn:
    raise ValueError(text)


def wanted_words(kind: Any) -> str:
    """The expected value of a cell of this type, for an error message."""
    if get_origin(kind) in (UnionType, Union):
        return " or ".join(wanted_words(a) for a in get_args(kind) if a is not type(None))
    if get_origin(kind) is Literal:
        return f"one of {', '.join(get_args(kind))}"
    if get_origin(kind) is tuple:
        inner = get_args(kind)[0]
        return f"{'whole numbers' if inner is int else 'values'} separated by ;"
    return {bool: "yes or no", int: "a whole number", float: "a number"}.get(kind, "text")


def unknown(what: str, name: str, choices: Sequence[str]) -> InputError:
    """The error for a name that is none of the choices."""
    return InputError(f"{what} {name!r} is unknown; use one of {', '.join(choices)}.")


def by_id(what: str, rows: Sequence[N], id: str) -> N:
    """The row of this id, or a sentence with the ids there are."""
    for row in rows:
        if row.id == id:
            return row
    raise unknown(what, id, [r.id for r in rows])
