"""Values of a template as Bicep writes them: objects and lists over several lines, calls short."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from apim_aks.artefacts.export.typed_stages import Document, Target, Value, found_target, target_of
from apim_aks.errors import InputError
from apim_aks.template_expression import Call, Part

_HOLE = re.compile(r"\{([0-9]+)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STEP = "  "


@dataclass(frozen=True, slots=True)
class Scope:
    """What the expressions of a file see: its group, and the symbols of resources by target.

    `files` are the paths of documents as the file names them, in parts where one is too long.
    """

    group: Part
    symbols: Mapping[Target, str]
    files: Mapping[Document, Sequence[str]]


def written(value: Value, scope: Scope, depth: int = 0) -> str:
    """A value, whose lines after the first are indented for this depth."""
    if isinstance(value, Mapping):
        fields = (f"{_key(k, scope)}: {written(v, scope, depth + 1)}" for k, v in value.items())
        return _block("{", fields, "}", depth)
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], (str, Call)):
        return f"[{expression(value[0], scope)}]"
    if isinstance(value, list):
        return _block("[", (written(v, scope, depth + 1) for v in value), "]", depth)
    if isinstance(value, Document):
        return _loaded(scope.files[value])
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):  # Bicep has whole numbers alone
        return f"json('{value!r}')"
    return expression(value, scope)


def _block(opened: str, lines: Iterator[str], closed: str, depth: int) -> str:
    inner = "".join(f"\n{_STEP * (depth + 1)}{line}" for line in lines)
    return f"{opened}{inner}\n{_STEP * depth}{closed}" if inner else f"{opened}{closed}"


def _loaded(files: Sequence[str]) -> str:
    parts = [f"loadTextContent({quoted(file)})" for file in files]
    return parts[0] if len(parts) == 1 else f"concat({', '.join(parts)})"


def _key(key: Part, scope: Scope) -> str:
    """The name of a field: bare where it is a word, an expression inside quotes."""
    if isinstance(key, Call):
        return f"'{_inside(key, scope)}'"
    return str(key) if _NAME.fullmatch(str(key)) else quoted(str(key))


def quoted(text: str) -> str:
    """A text in quotes."""
    return f"'{_escaped(text)}'"


def _escaped(text: str) -> str:
    for plain, shown in (
        ("\\", "\\\\"),
        ("'", "\\'"),
        ("${", "\\${"),
        ("\n", "\\n"),
        ("\r", "\\r"),
        ("\t", "\\t"),
    ):
        text = text.replace(plain, shown)
    return text


def expression(part: Part | Document, scope: Scope) -> str:
    """A part of an expression.

    Raises:
        InputError: Bicep has nothing for a function in it.
    """
    if isinstance(part, Document):
        return _loaded(scope.files[part])
    if not isinstance(part, Call):
        return quoted(part) if isinstance(part, str) else str(part)
    if part.name == "reference":
        return _reference(part, scope)
    if part.name in ("resourceId", "extensionResourceId"):
        return _id(part, scope)
    write = _FUNCTIONS.get(part.name)
    if write is None:
        raise InputError(f"{part.name}() of a template has no counterpart in Bicep.")
    return write(part.arguments, scope) + _members(part.members, scope)


def _members(members: Sequence[Part], scope: Scope) -> str:
    return "".join(f".{m}" if isinstance(m, str) else f"[{expression(m, scope)}]" for m in members)


def _reference(call: Call, scope: Scope) -> str:
    symbol = scope.symbols[target_of(call.arguments[0], scope.group)]
    full = call.arguments[2:3] == ("Full",)
    return symbol + ("" if full else ".properties") + _members(call.members, scope)


def _id(call: Call, scope: Scope) -> str:
    target = found_target(call, scope.group)
    symbol = scope.symbols.get(target) if target else None
    if symbol:
        return f"{symbol}.id"
    return _called(call.name)(call.arguments, scope)


def _format(arguments: Sequence[Part], scope: Scope) -> str:
    holes, *parts = arguments
    pieces = enumerate(_HOLE.split(str(holes)))
    inner = (_inside(parts[int(p)], scope) if n % 2 else _escaped(p) for n, p in pieces)
    return f"'{''.join(inner)}'"


def _inside(part: Part, scope: Scope) -> str:
    """A part of a text in quotes."""
    if isinstance(part, str):
        return _escaped(part)
    return f"${{{expression(part, scope)}}}"


def _called(name: str) -> Callable[[Sequence[Part], Scope], str]:
    def write(arguments: Sequence[Part], scope: Scope) -> str:
        return f"{name}({', '.join(expression(a, scope) for a in arguments)})"

    return write


def _array(arguments: Sequence[Part], scope: Scope) -> str:
    return f"[{', '.join(expression(a, scope) for a in arguments)}]"


def _object(arguments: Sequence[Part], scope: Scope) -> str:
    pairs = zip(arguments[::2], arguments[1::2], strict=True)
    return f"{{ {', '.join(f'{_key(k, scope)}: {expression(v, scope)}' for k, v in pairs)} }}"


def _lambda(arguments: Sequence[Part], scope: Scope) -> str:
    name, body = arguments
    return f"{name} => {expression(body, scope)}"


INDEX = "index"
"""The variable of a loop over resources."""

_FUNCTIONS: Mapping[str, Callable[[Sequence[Part], Scope], str]] = {
    "parameters": lambda a, _: str(a[0]),
    "lambdaVariables": lambda a, _: str(a[0]),
    "copyIndex": lambda a, _: INDEX,
    "format": _format,
    "createArray": _array,
    "createObject": _object,
    "lambda": _lambda,
    **{
        name: _called(name)
        for name in (
            "concat",
            "environment",
            "guid",
            "join",
            "length",
            "map",
            "replace",
            "resourceGroup",
            "subscription",
            "subscriptionResourceId",
            "uniqueString",
        )
    },
}
"""How each function that our templates call is written; most are called the same."""
