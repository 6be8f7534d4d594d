"""The parameters of a notebook: what its first cell declares, and what a run gives it.

papermill only warns of a parameter that a notebook does not have, and passes 1.36 as a number. Both
are refused here, with one sentence: by the notebook itself, and by a report before it starts.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apim_aks.errors import InputError

INJECTED = "# Parameters"
"""How the cell begins that papermill puts after the one that declares."""

_KINDS: Mapping[str, type] = {"str": str, "float": float, "int": int, "bool": bool}
_WORDS = {"str": "text", "float": "a number", "int": "a whole number", "bool": "True or False"}


def check_parameters() -> None:
    """Nothing, as long as this notebook was given what its first cell declares.

    It reads the cells as they ran in this kernel, whoever ran them; elsewhere there is nothing to
    check.

    Raises:
        InputError: a parameter is unknown to the notebook or of another type.
    """
    from IPython import get_ipython

    if shell := get_ipython():
        ran: Sequence[str] = shell.user_ns.get("In", ())
        known, names = parameters_of(ran)
        values = {name: shell.user_ns[name] for name in names if name in shell.user_ns}
        refuse_unknown("This notebook", known, values)


def parameters_of(ran: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """The parameters of cells as they ran: declared ones with their defaults, and all names given.

    The last cell that declares counts, and the last one of papermill after it.
    """
    known: dict[str, Any] = {}
    given: list[str] = []
    for source in ran:
        if found := _declaring(source):
            known, given = found, []
        elif source.startswith(INJECTED):
            given = [name for s in _statements(source) for name in _targets(s)]
    return known, [*known, *(n for n in given if n not in known)] if known else []


def _declaring(source: str) -> dict[str, Any]:
    """What a cell declares, if it does nothing but that: each name with a value of its kind."""
    found: dict[str, Any] = {}
    for statement in _statements(source):
        kind = _KINDS.get(ast.unparse(getattr(statement, "annotation", ast.Constant(None))))
        if not isinstance(statement, ast.AnnAssign) or kind is None or statement.value is None:
            return {}
        value = getattr(statement.value, "value", None)
        found[ast.unparse(statement.target)] = value if isinstance(value, kind) else kind()
    return found


def _statements(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except SyntaxError:
        return []


def declarations(source: str) -> dict[str, Any]:
    """The parameters that a cell declares, with their defaults."""
    return {
        name: ast.literal_eval(statement.value)
        for statement in ast.parse(source).body
        for name in _targets(statement)
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None
    }


def _targets(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.AnnAssign):
        yield ast.unparse(statement.target)
    elif isinstance(statement, ast.Assign):
        yield from map(ast.unparse, statement.targets)


def refuse_unknown(file: str, known: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """A sentence for the first parameter that the notebook lacks or that is of another type."""
    for name, value in given.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else "."
            choices = ", ".join(known) or "none"
            raise InputError(f"{file}: parameter {name!r} is unknown, it has {choices}{hint}")
        wanted = type(known[name])
        if not isinstance(value, wanted) and not (wanted is float and isinstance(value, int)):
            raise InputError(
                f"{file}: parameter {name} is {value!r}, {_kind(type(value))}. "
                f"It must be {_kind(wanted)} such as {known[name]!r}."
            )


def _kind(kind: type) -> str:
    return _WORDS.get(kind.__name__, kind.__name__)
