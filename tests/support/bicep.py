"""Bicep worked out: files read by tree-sitter's grammar, resources as Azure would be sent them."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain
from typing import Any

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

from apim_aks.reachability.templates import Unknown
from apim_aks.reachability.templates.evaluation import member
from tests.support.exported import (
    BODY,
    SUBSCRIPTION,
    TENANT,
    Made,
    group_id,
    guid,
    id_of,
    joined,
    unique_string,
)

ESCAPES = {"\\": "\\", "'": "'", "n": "\n", "r": "\r", "t": "\t", "$": "$"}


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_bicep.language()))


@cache
def read(text: str) -> Node:
    """The tree of a file, in which nothing is an error."""
    root = _parser().parse(text.encode()).root_node
    wrong = [n for n in _all(root) if n.is_error or n.is_missing] if root.has_error else []
    assert not wrong, [(n.start_point.row + 1, n.text) for n in wrong[:3]]
    return root


def _all(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _all(child)


def _text(node: Node) -> str:
    assert node.text is not None
    return node.text.decode()


@dataclass(frozen=True)
class Symbol:
    """A resource by its symbol; `made` where this file makes it."""

    id: str
    type: str
    names: tuple[str, ...]
    group: str
    made: bool


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the expressions of a file see."""

    files: Mapping[str, str]
    path: str
    group: str
    values: Mapping[str, Any]
    declared: dict[str, Node] = field(default_factory=dict)
    symbols: dict[str, Symbol] = field(default_factory=dict)
    modules: dict[str, tuple[str, ...]] = field(default_factory=dict)
    outputs: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def symbol(self, name: str) -> Symbol | None:
        """The resource of this symbol, wherever it is declared; None for no resource."""
        if name not in self.symbols and name in self.declared:
            node = self.declared[name]
            kind, _ = value(node.named_children[1], self).split("@")
            fields, own = next(_bodies(node.named_children[-1], self))
            self.symbols[name] = _symbol(kind, fields, own, _is_made(node))
        return self.symbols.get(name)

    def near(self, path: str) -> str:
        """A path as this file names it, from the top of the folder."""
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.path), path))


@dataclass(frozen=True)
class Answer:
    """What a file makes and gives."""

    made: tuple[Made, ...]
    outputs: Mapping[str, Any]


def parameters_of(text: str, environment: Callable[[str], Any]) -> dict[str, Any]:
    """The values of a parameters file, which the grammar reads as variables."""
    lines = [line for line in text.splitlines() if not line.startswith("using ")]
    root = read(re.sub(r"(?m)^param ", "var ", "\n".join(lines)))
    seen = Seen(files={}, path="", group="", values={"readEnvironmentVariable": environment})
    found = (n for n in root.named_children if n.type == "variable_declaration")
    return {_text(n.named_children[0]): value(n.named_children[1], seen) for n in found}


def deployed(files: Mapping[str, str], path: str, group: str, given: Mapping[str, Any]) -> Answer:
    """What a file makes in this group with these values, its modules included."""
    root = read(files[path])
    seen = Seen(files=files, path=path, group=group, values=dict(given))
    for node in root.named_children:
        if node.type == "resource_declaration":
            seen.declared[_text(node.named_children[0])] = node
    made: list[Made] = []
    outputs: dict[str, Any] = {}
    for node in root.named_children:
        match node.type:
            case "parameter_declaration":
                _parameter(node, seen)
            case "resource_declaration":
                made += _resources(node, seen)
            case "module_declaration":
                made += _module(node, seen)
            case "output_declaration":
                outputs[_text(node.named_children[0])] = value(node.named_children[-1], seen)
            case other:
                assert other in ("comment", "decorators"), other
    return Answer(tuple(made), outputs)


def _parameter(node: Node, seen: Seen) -> None:
    name = _text(node.named_children[0])
    if name not in seen.values:
        assert len(node.named_children) > 2, f"{seen.path}: nobody gives {name}"
        seen.values[name] = value(node.named_children[-1], seen)  # type: ignore[index]


def _bodies(node: Node, seen: Seen) -> Iterator[tuple[dict[str, Node], Seen]]:
    """The fields of a declaration, for each turn of its loop and where its condition holds."""
    if node.type == "object":
        yield {_text(p.named_children[0]): p.named_children[1] for p in node.named_children}, seen
    elif node.type == "if_statement":
        condition, body = node.named_children
        if value(condition, seen):
            yield from _bodies(body, seen)
    else:
        assert node.type == "for_statement", node.type
        name, listed, body = node.named_children
        for turn in value(listed, seen):
            own = replace(seen, values={**seen.values, _text(name): turn})
            yield from _bodies(body, own)


def _is_made(node: Node) -> bool:
    return not any(_text(c) == "existing" for c in node.children)


def _resources(node: Node, seen: Seen) -> Iterator[Made]:
    kind, version = value(node.named_children[1], seen).split("@")
    if _is_made(node):
        for fields, own in _bodies(node.named_children[-1], seen):
            at = _symbol(kind, fields, own, made=True)
            waits = {*_listed(fields, own), *_spoken(fields, own)}
            body = {k: value(fields[k], own) for k in BODY if k in fields}
            unread = fields.keys() - {"parent", "scope", "name", "dependsOn", *BODY}
            assert not unread, unread
            yield Made(stage="", id=at.id, version=version, body=body, waits=frozenset(waits))


def _symbol(kind: str, fields: Mapping[str, Node], seen: Seen, made: bool) -> Symbol:
    name = value(fields["name"], seen)
    if "parent" in fields:
        parent = seen.symbol(_text(fields["parent"]))
        assert parent and kind.startswith(f"{parent.type}/"), (kind, parent)
        names = (*parent.names, name)
        return Symbol(id_of(parent.group, kind, names), kind, names, parent.group, made)
    scope = fields.get("scope")
    if scope is not None and scope.type == "identifier":
        on = seen.symbol(_text(scope))
        assert on
        return Symbol(id_of("", kind, (name,), on.id), kind, (name,), on.group, made)
    group = value(scope, seen)["name"] if scope else seen.group
    return Symbol(id_of(group, kind, (name,)), kind, (name,), group, made)


def _listed(fields: Mapping[str, Node], seen: Seen) -> Iterator[str]:
    for node in fields["dependsOn"].named_children if "dependsOn" in fields else ():
        found = seen.symbol(_text(node))
        yield from (found.id,) if found else seen.modules[_text(node)]


def _spoken(fields: Mapping[str, Node], seen: Seen) -> Iterator[str]:
    """What Bicep waits for because it is named."""
    nodes = chain.from_iterable(_all(n) for k, n in fields.items() if k != "dependsOn")
    for node in nodes:
        found = seen.symbol(_text(node)) if node.type == "identifier" else None
        if found and found.made:
            yield found.id


def _module(node: Node, seen: Seen) -> Iterator[Made]:
    symbol, path = _text(node.named_children[0]), value(node.named_children[1], seen)
    for fields, own in _bodies(node.named_children[-1], seen):
        given = value(fields["params"], own) if "params" in fields else {}
        group = value(fields["scope"], own)["name"] if "scope" in fields else seen.group
        found = deployed(seen.files, seen.near(path), group, given)
        waits = frozenset(_listed(fields, own)) | frozenset(_spoken(fields, own))
        seen.modules[symbol] = tuple(m.id for m in found.made)
        seen.outputs[symbol] = found.outputs
        stage = value(fields["name"], own)
        own_stage = stage if seen.path == "main.bicep" else ""
        for made in found.made:
            more = frozenset() if own_stage else waits
            yield replace(made, stage=own_stage, waits=made.waits | more)


def value(node: Node, seen: Seen) -> Any:
    """An expression, worked out."""
    return _KINDS[node.type](node, seen)


def _string(node: Node, seen: Seen) -> Any:
    """A text, by its bytes: the grammar has no node for `\\$` and for blanks before the end."""
    text, at, parts = node.text or b"", 1, []
    for child in (c for c in node.named_children if c.type == "interpolation"):
        start, end = child.start_byte - node.start_byte, child.end_byte - node.start_byte
        parts += [_plain(text[at:start]), str(value(child.named_children[0], seen))]
        at = end
    return "".join((*parts, _plain(text[at:-1])))


def _plain(text: bytes) -> str:
    return re.sub(r"\\(.)", lambda found: ESCAPES[found[1]], text.decode())


def _identifier(node: Node, seen: Seen) -> Any:
    return seen.values[_text(node)]


def _member(node: Node, seen: Seen) -> Any:
    of, name = node.named_children[0], _text(node.named_children[1])
    if of.type == "identifier" and (symbol := seen.symbol(_text(of))):
        if name == "id":
            return symbol.id
        return Unknown("reference", f"<{symbol.id}>").member(name)
    if of.type == "member_expression" and _text(of.named_children[0]) in seen.outputs:
        return seen.outputs[_text(of.named_children[0])][name]
    return _taken(value(of, seen), name)


def _subscript(node: Node, seen: Seen) -> Any:
    return _taken(value(node.named_children[0], seen), value(node.named_children[1], seen))


def _taken(held: Any, key: Any) -> Any:
    return member(held, key, Unknown("missing"))


def _object(node: Node, seen: Seen) -> dict[str, Any]:
    found = {}
    for pair in node.named_children:
        key, held = pair.named_children
        name = value(key, seen) if key.type == "string" else _text(key)
        found[name] = value(held, seen)
    return found


def _call(node: Node, seen: Seen) -> Any:
    name = _text(node.named_children[0])
    arguments = node.named_children[1].named_children
    if name == "map":
        listed, each = arguments
        variable, body = each.named_children
        turns = ({**seen.values, _text(variable): m} for m in value(listed, seen))
        return [value(body, replace(seen, values=turn)) for turn in turns]
    given = [value(a, seen) for a in arguments]
    context: dict[str, Callable[..., Any]] = {
        "loadTextContent": lambda path: seen.files[seen.near(path)],
        "resourceGroup": lambda name=seen.group: {"id": group_id(name), "name": name},
        "resourceId": lambda *parts: _resource_id(parts, seen.group),
        "readEnvironmentVariable": seen.values.get("readEnvironmentVariable", None),
    }
    return (context.get(name) or FUNCTIONS[name])(*given)


def _resource_id(parts: tuple[str, ...], group: str) -> str:
    at = next(n for n, p in enumerate(parts) if "/" in p)
    return id_of(parts[at - 1] if at else group, parts[at], parts[at + 1 :])


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "concat": lambda *lists: (
        "".join(lists) if isinstance(lists[0], str) else list(chain.from_iterable(lists))
    ),
    "contains": lambda held, one: one in held,
    "environment": lambda: {"suffixes": {"keyvaultDns": ".vault.azure.net"}},
    "extensionResourceId": lambda on, type, *names: id_of("", type, names, on),
    "guid": guid,
    "join": joined,
    "json": json.loads,
    "length": len,
    "replace": lambda text, mark, value: text.replace(mark, value),
    "range": lambda start, count: range(start, start + count),
    "subscription": lambda: {"tenantId": TENANT},
    "subscriptionResourceId": lambda type, name: (
        f"/subscriptions/{SUBSCRIPTION}/providers/{type}/{name}"
    ),
    "uniqueString": unique_string,
}


def _array(node: Node, seen: Seen) -> list[Any]:
    """The members; the grammar cuts `f().x` in a list into `f` and `().x`, which touch."""
    found: list[Any] = []
    members = list(node.named_children)
    while members:
        first = members.pop(0)
        if members and members[0].start_byte == first.end_byte:
            whole = read(f"var x = {_text(first)}{_text(members.pop(0))}").named_children[0]
            first = whole.named_children[1]
        found.append(value(first, seen))
    return found


def _binary(node: Node, seen: Seen) -> bool:
    left, right = node.named_children
    return bool(value(left, seen) and value(right, seen))


def _ternary(node: Node, seen: Seen) -> Any:
    condition, held, otherwise = node.named_children
    return value(held if value(condition, seen) else otherwise, seen)


_KINDS: Mapping[str, Callable[[Node, Seen], Any]] = {
    "array": _array,
    "binary_expression": _binary,
    "boolean": lambda n, _: _text(n) == "true",
    "call_expression": _call,
    "identifier": _identifier,
    "member_expression": _member,
    "null": lambda n, _: None,
    "number": lambda n, _: int(_text(n)),
    "object": _object,
    "parenthesized_expression": lambda n, s: value(n.named_children[0], s),
    "string": _string,
    "subscript_expression": _subscript,
    "ternary_expression": _ternary,
}
