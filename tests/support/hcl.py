"""Terraform's files worked out in memory: expressions read by tree-sitter's grammar of HCL."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import tree_sitter_hcl
from tree_sitter import Language, Node, Parser

from apim_aks.reachability.templates import Unknown
from apim_aks.reachability.templates.evaluation import member
from tests.support.exported import SUBSCRIPTION, TENANT, Made, joined, unique_string

CLIENT = {"subscription_id": SUBSCRIPTION, "tenant_id": TENANT}
KINDS = ("azapi_resource", "azapi_update_resource")
Block = Mapping[str, Any]


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_hcl.language()))


@cache
def read(template: str) -> Node:
    """The tree of a text with expressions in it."""
    # A heredoc is the one place of the grammar where, as in JSON, a backslash is a backslash.
    root = _parser().parse(f"x = <<E\n{template}\nE\n".encode()).root_node
    assert not root.has_error, template
    attribute = root.named_children[0].named_children[0]
    return attribute.named_children[1].named_children[0].named_children[0]


def _text(node: Node) -> str:
    assert node.text is not None
    return node.text.decode()


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What expressions of the module see; `ids` are worked out when they are asked for."""

    files: Mapping[str, str]
    variables: Mapping[str, Any]
    local_values: Mapping[str, str]
    blocks: Mapping[str, Block]
    names: Mapping[str, Any] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def id(self, address: str) -> str:
        """The id of the resource at this address."""
        if address not in self.ids:
            self.ids[address] = _id(self.blocks[address], self)
        return self.ids[address]


def _id(block: Block, seen: Seen) -> str:
    if "resource_id" in block:
        return str(value(block["resource_id"], seen))
    provider, *kinds = block["type"].partition("@")[0].split("/")
    parent, name = value(block["parent_id"], seen), value(block["name"], seen)
    if len(kinds) > 1:
        return f"{parent}/{kinds[-1]}/{name}"
    return f"{parent}/providers/{provider}/{kinds[0]}/{name}"


def module(
    files: Mapping[str, str],
    values: Mapping[str, Any],
    values_file: str = "terraform.tfvars.json",
) -> tuple[tuple[Made, ...], Any]:
    """The resources in order with their ids and bodies, and the outputs of the module."""
    documents = {n: json.loads(t) for n, t in files.items() if n.endswith(".tf.json")}
    main, stages = documents.pop("main.tf.json"), sorted(documents.items())
    declared = documents["variables.tf.json"]["variable"]
    given = json.loads(files[values_file])
    assert given.keys() <= declared.keys() == values.keys()
    blocks: dict[str, Block] = {
        f"{kind}.{label}": block
        for _, document in stages
        for kind, found in (document.get("resource") or {}).items()
        for label, block in found.items()
    }
    read_there = (main["data"].get("azapi_resource") or {}).items()
    seen = Seen(
        files=files,
        variables=values,
        local_values=main["locals"],
        blocks=blocks | {f"data.azapi_resource.{n}": b for n, b in read_there},
    )
    made = tuple(
        one
        for name, document in stages
        for address in _addresses(document.get("resource") or {})
        for one in _made(name.removesuffix(".tf.json"), address, seen)
    )
    outputs = documents["outputs.tf.json"]["output"]
    return made, {name: value(o["value"], seen) for name, o in outputs.items()}


def _addresses(resources: Mapping[str, Any]) -> Iterator[str]:
    for kind in (k for k in resources if k in KINDS):
        yield from (f"{kind}.{label}" for label in resources[kind])


def _made(stage: str, address: str, seen: Seen) -> Iterator[Made]:
    block = seen.blocks[address]
    turns = range(value(block["count"], seen)) if "count" in block else (None,)
    for turn in turns:
        own = seen if turn is None else replace(seen, names={"count": {"index": turn}})
        body = dict(value(block["body"], own))
        body |= {k: value(block[k], own) for k in ("location", "tags") if k in block}
        for identity in block.get("identity") or ():
            ids = {value(id, own): {} for id in identity.get("identity_ids") or ()}
            held = {"userAssignedIdentities": ids} if ids else {}
            body["identity"] = {"type": identity["type"], **held}
        yield Made(
            stage=stage,
            id=_id(block, own),
            version=block["type"].partition("@")[2],
            body=body,
            waits=frozenset(_waits(block, seen)),
        )


def _waits(block: Block, seen: Seen) -> Iterator[str]:
    """The ids that the block waits for, through gates too."""
    for address in block.get("depends_on") or ():
        if address.startswith("terraform_data."):
            yield from _waits(seen.blocks[address], seen)
        else:
            yield seen.id(address)


def value(held: Any, seen: Seen) -> Any:
    """A value of a file of JSON, its texts worked out."""
    if isinstance(held, Mapping):
        return {value(k, seen): value(v, seen) for k, v in held.items()}
    if isinstance(held, list):
        return [value(v, seen) for v in held]
    if not isinstance(held, str) or not re.search(r"[$%]\{", held):
        return held
    # The grammar does not know functions of providers.
    return _template(read(held.replace("provider::azapi::", "azapi_")), seen)


def _template(node: Node, seen: Seen) -> Any:
    """A text; where it is one expression and nothing else, what that is."""
    heredoc = node.type == "heredoc_template"
    first, *inner, last = node.children
    at = inner.pop(0).end_byte + 1 if heredoc else first.end_byte
    parts: list[Any] = []
    for child in (c for c in inner if c.type == "template_interpolation"):
        parts += [_plain(_between(node, at, child.start_byte), heredoc)]
        parts += [_of(child.named_children[1], seen)]
        at = child.end_byte
    end = last.start_byte - 1 if heredoc else last.start_byte
    parts = [p for p in (*parts, _plain(_between(node, at, end), heredoc)) if p != ""]
    return parts[0] if len(parts) == 1 else "".join(map(str, parts))


def _between(node: Node, start: int, end: int) -> str:
    """The text of the file there: the grammar leaves out blanks beside an expression."""
    while node.parent:
        node = node.parent
    assert node.text is not None
    return node.text[start:end].decode()


def _plain(text: str, heredoc: bool) -> str:
    """A text without escapes: in quotes a backslash begins one too."""
    found = text if heredoc else json.loads(f'"{text}"')
    return str(found).replace("$${", "${").replace("%%{", "%{")


def _of(node: Node, seen: Seen) -> Any:
    found = node.named_children
    if node.type in ("expression", "collection_value", "literal_value"):
        first, *after = found
        if node.type == "expression" and first.type == "variable_expr":
            return _variable([_text(first), *map(_step, after)], seen, after)
        held = _of(first, seen)
        for step in after:
            held = _taken(held, _key(step, seen))
        return held
    return _SHAPES[node.type](node, seen)


def _step(node: Node) -> str:
    return _text(node.named_children[0]) if node.type == "get_attr" else ""


def _key(node: Node, seen: Seen) -> Any:
    if node.type == "get_attr":
        return _text(node.named_children[0])
    (inner,) = node.named_children
    return _of(next(c for c in inner.named_children if c.type == "expression"), seen)


def _variable(path: list[str], seen: Seen, steps: list[Node]) -> Any:
    """What a name means, and what is taken from it."""
    keys = [_key(s, seen) for s in steps]
    if path[:3] == ["data", "azapi_client_config", "current"]:
        return CLIENT[path[3]]
    if path == ["path", "module"]:
        return "."
    if path[0] == "local":
        return value(seen.local_values[path[1]], seen)
    at = 3 if path[0] == "data" else 2
    address = ".".join(path[:at])
    if address in seen.blocks:
        return _of_resource(address, keys[at - 1 :], seen)
    held: Any = seen.variables if path[0] == "var" else seen.names[path[0]]
    for key in keys:
        held = _taken(held, key)
    return held


def _of_resource(address: str, keys: list[Any], seen: Seen) -> Any:
    if keys == ["id"]:
        return seen.id(address)
    assert keys[0] == "output", keys
    path = ".".join(k for k in keys[1:] if isinstance(k, str))
    assert path in seen.blocks[address]["response_export_values"], (address, path)
    found = Unknown("reference", f"<{seen.id(address)}>")
    for key in keys[1:]:
        found = found.member(key)
    return found


def _taken(held: Any, key: Any) -> Any:
    return member(held, key, Unknown("missing"))


def _call(node: Node, seen: Seen) -> Any:
    name = _text(node.named_children[0])
    arguments = [c for c in node.named_children if c.type == "function_arguments"]
    given = [_of(a, seen) for a in (arguments[0].named_children if arguments else ())]
    if name == "file":
        return seen.files[given[0].removeprefix("./")]
    return FUNCTIONS[name](*given)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "azapi_unique_string": lambda parts: unique_string(*parts),
    "concat": lambda *lists: [m for held in lists for m in held],
    "join": lambda between, held: joined(held, between),
    "length": len,
    "replace": lambda text, mark, value: text.replace(mark, value),
    "uuidv5": lambda space, name: str(uuid.uuid5(uuid.UUID(space), name)),
}


def _for(node: Node, seen: Seen) -> list[Any]:
    (inner,) = node.named_children
    intro = next(c for c in inner.named_children if c.type == "for_intro")
    body = next(c for c in inner.named_children if c.type == "expression")
    name, listed = intro.named_children
    members = _of(listed, seen)
    return [_of(body, replace(seen, names={**seen.names, _text(name): m})) for m in members]


def _object(node: Node, seen: Seen) -> dict[str, Any]:
    found = {}
    for pair in (c for c in node.named_children if c.type == "object_elem"):
        key, held = pair.named_children
        bare = key.named_children[0].type == "variable_expr"
        found[_text(key) if bare else _of(key, seen)] = _of(held, seen)
    return found


_SHAPES: Mapping[str, Callable[[Node, Seen], Any]] = {
    "for_expr": _for,
    "function_call": _call,
    "numeric_lit": lambda n, _: int(_text(n)),
    "object": _object,
    "quoted_template": _template,
    "string_lit": _template,
    "template_expr": lambda n, s: _of(n.named_children[0], s),
    "tuple": lambda n, s: [_of(c, s) for c in n.named_children if c.type == "expression"],
    "variable_expr": lambda n, s: _variable([_text(n)], s, []),
}
