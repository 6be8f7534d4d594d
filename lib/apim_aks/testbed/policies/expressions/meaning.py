"""What an expression means: its kind, checked when it is read, and its value for a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apim_aks.testbed.policies.expressions import members
from apim_aks.testbed.policies.expressions.members import (
    BOOL,
    CHAR,
    INT,
    NULL,
    PREDICATE,
    SELECTION,
    STRING,
    STRINGS,
)
from apim_aks.testbed.policies.expressions.syntax import Node, parsed
from apim_aks.testbed.policies.expressions.tokens import Unknown

Kinds = Mapping[str, str]
Names = dict[str, Any]


class Failure(Exception):
    """An expression that fails for this call, as one of .NET would with an exception."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """The kind of a value, and how it is had from the names in reach."""

    kind: str
    value: Callable[[Names], Any] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression of a policy: as it is written, its kind, and its value for a call."""

    source: str
    kind: str
    meaning: Meaning = field(repr=False, compare=False)

    def of(self, call: Any) -> Any:
        """Its value for this call.

        Raises:
            Failure: it asks something of nothing, or cuts behind the end of a text.
        """
        try:
            return self.meaning.value({"context": call})
        except (LookupError, AttributeError, TypeError) as error:
            raise Failure(f"Expression evaluation failed. {error}") from None


def expression(source: str) -> Expression:
    """The expression that is written so.

    Raises:
        Unknown: something in it is not known.
    """
    node = parsed(source)
    known = {"context": "context", "System": "System"}
    found = _block(node, known) if node.kind == "block" else _meaning(node, known)
    return Expression(source, found.kind, found)


def _meaning(node: Node, kinds: Kinds) -> Meaning:
    return _MEANINGS[node.kind](node, kinds)


def _each(nodes: tuple[Node, ...], kinds: Kinds) -> tuple[Meaning, ...]:
    return tuple(_meaning(node, kinds) for node in nodes)


def _literal(kind: str, value: Callable[[str], Any] = str) -> Callable[[Node, Kinds], Meaning]:
    def meaning(node: Node, _: Kinds) -> Meaning:
        held = value(node.value)
        return Meaning(kind, lambda _: held)

    return meaning


def _name(node: Node, kinds: Kinds) -> Meaning:
    if node.value not in kinds:
        raise Unknown(f"the name {node.value!r} in an expression")
    name = node.value
    return Meaning(kinds[name], lambda names: names.get(name, ""))


def _member(node: Node, kinds: Kinds) -> Meaning:
    (of,) = _each(node.parts, kinds)
    found = members.PROPERTIES.get((of.kind, node.value))
    if found is None:
        raise Unknown(f"the property {of.kind}.{node.value}")
    kind, had = found
    if node.kind == "safe":
        return Meaning(kind, lambda names: _unless_null(had, of.value(names)))
    return Meaning(kind, lambda names: had(_there(of.value(names))))


def _unless_null(had: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else had(value)


def _there(value: Any) -> Any:
    if value is None:
        raise LookupError("Object reference not set to an instance of an object.")
    return value


def _called(node: Node, kinds: Kinds) -> Meaning:
    of, *arguments = _each(node.parts, kinds)
    asked = tuple(a.kind for a in arguments)
    found = members.METHODS.get((of.kind, node.value, asked))
    if found is None:
        raise Unknown(f"the method {of.kind}.{node.value}({', '.join(asked)})")
    if of.kind.endswith("Regex"):
        _require_pattern(node.parts[2])
    kind, had = found
    return Meaning(
        kind, lambda names: had(_there(of.value(names)), *(a.value(names) for a in arguments))
    )


def _require_pattern(node: Node) -> None:
    if node.kind != "text" or not members.PATTERN.fullmatch(node.value):
        raise Unknown(f"the regular expression {node.value!r}")


def _indexed(node: Node, kinds: Kinds) -> Meaning:
    of, key = _each(node.parts, kinds)
    found = members.INDEXED.get((of.kind, key.kind))
    if found is None:
        raise Unknown(f"{of.kind}[{key.kind}]")
    kind, had = found
    return Meaning(kind, lambda names: had(of.value(names), key.value(names)))


def _made(node: Node, kinds: Kinds) -> Meaning:
    parts = _each(node.parts, kinds)
    fitting = members.MADE.get(node.value)
    made = fitting(tuple(p.kind for p in parts)) if fitting else None
    if made is None:
        raise Unknown(f"new {node.value}({', '.join(p.kind for p in parts)})")
    return Meaning(node.value, lambda names: made(*(p.value(names) for p in parts)))


def _array(node: Node, kinds: Kinds) -> Meaning:
    parts = _each(node.parts, kinds)
    if {p.kind for p in parts} != {STRING}:
        raise Unknown("an array of anything but texts")
    return Meaning(STRINGS, lambda names: tuple(p.value(names) for p in parts))


def _not(node: Node, kinds: Kinds) -> Meaning:
    (of,) = _each(node.parts, kinds)
    if of.kind != BOOL:
        raise Unknown(f"! before {of.kind}")
    return Meaning(BOOL, lambda names: not of.value(names))


_OPERATORS: Mapping[str, Callable[[Meaning, Meaning, Names], Any]] = {
    "??": lambda a, b, names: b.value(names) if (left := a.value(names)) is None else left,
    "||": lambda a, b, names: a.value(names) or b.value(names),
    "&&": lambda a, b, names: a.value(names) and b.value(names),
    "==": lambda a, b, names: a.value(names) == b.value(names),
    "!=": lambda a, b, names: a.value(names) != b.value(names),
    "<": lambda a, b, names: a.value(names) < b.value(names),
    "+": lambda a, b, names: a.value(names) + b.value(names),
}
_TAKES = {"||": BOOL, "&&": BOOL, "<": INT, "+": STRING}
_GIVES = {"||": BOOL, "&&": BOOL, "<": BOOL, "+": STRING, "==": BOOL, "!=": BOOL}


def _binary(node: Node, kinds: Kinds) -> Meaning:
    left, right = _each(node.parts, kinds)
    alike = left.kind == right.kind or (node.value in ("==", "!=") and right.kind == NULL)
    if not alike or _TAKES.get(node.value, left.kind) != left.kind:
        raise Unknown(f"{left.kind} {node.value} {right.kind}")
    operator = _OPERATORS[node.value]
    return Meaning(_GIVES.get(node.value, left.kind), lambda names: operator(left, right, names))


def _choice(node: Node, kinds: Kinds) -> Meaning:
    test, yes, no = _each(node.parts, kinds)
    if test.kind != BOOL or yes.kind != no.kind:
        raise Unknown(f"{test.kind} ? {yes.kind} : {no.kind}")
    return Meaning(yes.kind, lambda names: (yes if test.value(names) else no).value(names))


def _cast(node: Node, kinds: Kinds) -> Meaning:
    (of,) = _each(node.parts, kinds)
    source, kind = members.CASTS.get(node.value, ("", ""))
    if of.kind != source:
        raise Unknown(f"the cast ({node.value}) of {of.kind}")
    return Meaning(kind, of.value)


def _lambda(node: Node, kinds: Kinds) -> Meaning:
    """A function of one text, which is all that lists here hold."""
    (body,) = _each(node.parts, {**kinds, node.value: STRING})
    kind = {BOOL: PREDICATE, STRINGS: SELECTION}.get(body.kind)
    if kind is None:
        raise Unknown(f"a function that gives {body.kind}")
    name = node.value
    return Meaning(kind, lambda names: lambda one: body.value({**names, name: one}))


def _block(node: Node, kinds: Kinds) -> Meaning:
    """The statements of `@{…}`; what they give is a text."""
    run = _statements(node.parts, dict(kinds))

    def value(names: Names) -> Any:
        return _there(run(dict(names)))

    return Meaning(STRING, value)


def _statements(nodes: tuple[Node, ...], kinds: dict[str, str]) -> Callable[[Names], Any]:
    steps = [_STATEMENTS[node.kind](node, kinds) for node in nodes]

    def run(names: Names) -> Any:
        return next((found for step in steps if (found := step(names)) is not None), None)

    return run


def _declared(node: Node, kinds: dict[str, str]) -> Callable[[Names], None]:
    (of,) = _each(node.parts, kinds)
    if node.kind == "set" and kinds.get(node.value) != of.kind:
        raise Unknown(f"{node.value} = {of.kind}")
    kinds[node.value] = of.kind

    def step(names: Names) -> None:
        names[node.value] = of.value(names)

    return step


def _if(node: Node, kinds: dict[str, str]) -> Callable[[Names], Any]:
    test, body = _meaning(node.parts[0], kinds), _statements(node.parts[1].parts, kinds)
    if test.kind != BOOL:
        raise Unknown(f"if ({test.kind})")
    return lambda names: body(names) if test.value(names) else None


def _return(node: Node, kinds: dict[str, str]) -> Callable[[Names], Any]:
    (of,) = _each(node.parts, kinds)
    if of.kind != STRING:
        raise Unknown(f"return {of.kind}")
    return of.value


_STATEMENTS: Mapping[str, Callable[[Node, dict[str, str]], Callable[[Names], Any]]] = {
    "var": _declared,
    "set": _declared,
    "if": _if,
    "return": _return,
}
_MEANINGS: Mapping[str, Callable[[Node, Kinds], Meaning]] = {
    "text": _literal(STRING),
    "char": _literal(CHAR),
    "number": _literal(INT, int),
    "null": _literal(NULL, lambda _: None),
    "name": _name,
    "member": _member,
    "safe": _member,
    "call": _called,
    "index": _indexed,
    "new": _made,
    "array": _array,
    "not": _not,
    "binary": _binary,
    "choice": _choice,
    "cast": _cast,
    "lambda": _lambda,
}
