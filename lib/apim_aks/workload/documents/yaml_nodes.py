"""YAML as nodes with line numbers, and nodes as the plain data that JSON would hold.

The parser hands over one event after another, so depth and size are known before anything is built.
The library is loaded by who reads, so that whoever only looks at values does without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml

MAX_DEPTH = 100
MAX_NODES = 1_000_000
LOOK_AHEAD = 1024
"""Characters in which YAML 1.2 (7.4) lets a key end: so far a parser reads before it hands over."""

_TAG = "tag:yaml.org,2002:"
_SURROGATES = re.compile(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,30})")
_NUMBER = re.compile(
    r"[-+]?(?:(?:0|[1-9][0-9]{0,30})(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,2})?"
)
_WORDS: dict[str, Any] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_WORDS |= dict.fromkeys(("true", "True", "TRUE"), True)
_WORDS |= dict.fromkeys(("false", "False", "FALSE"), False)


@dataclass(frozen=True, slots=True)
class NumberKey:
    """A key that was written as a number: the key around it, its text and its line."""

    under: str
    text: str
    line: int


class Refused(Exception):
    """A document that is left out: the line, what was found there, what was expected."""

    def __init__(self, line: int, found: str, expected: str = "YAML or JSON") -> None:
        self.line, self.found, self.expected = line, found, expected


@dataclass(slots=True, kw_only=True)
class Node:
    """A scalar, mapping or list with its line; a mapping has keys and values in turn."""

    line: int
    kind: str
    text: str = ""
    tag: str | None = None
    plain: bool = False
    anchor: str | None = None
    children: list[Node] = field(default_factory=list)
    size: int = 1
    height: int = 1

    def child(self, part: str | int) -> tuple[int, Node] | None:
        """The line and the value of this key or item."""
        if self.kind == "map":
            pairs = zip(self.children[::2], self.children[1::2], strict=False)
            return next(((key.line, node) for key, node in pairs if key.text == part), None)
        if isinstance(part, int) and 0 <= part < len(self.children):
            return self.children[part].line, self.children[part]
        return None


def _surrogates_joined(text: str) -> str:
    if "\\ud" not in text.lower():
        return text
    return _SURROGATES.sub(
        lambda m: (bytes.fromhex(m[1]) + bytes.fromhex(m[2])).decode("utf-16-be"), text
    )


def compose(text: str, first: int) -> Iterator[Node]:
    """The documents of this text as nodes; `first` is the line it starts on.

    Raises:
        Refused: it is not YAML, too deep or too large.
    """
    import yaml

    text = _surrogates_joined(text)
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        yield from _nodes(yaml.parse(text, Loader=loader), first)
    except yaml.MarkedYAMLError as error:
        raise _marked(error, text, first) from None
    except (yaml.YAMLError, ValueError, OverflowError):
        raise Refused(first, "text that is not YAML") from None


def _marked(error: yaml.MarkedYAMLError, text: str, first: int) -> Refused:
    mark = error.problem_mark or error.context_mark
    at = min(mark.line, text.count("\n")) if mark else 0
    if mark and _open_at(text, mark.index) > MAX_DEPTH:
        return _too_deep(first + at)
    line = text.split("\n")[at]
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return Refused(first + at, "a tab used for indentation", "spaces")
    return Refused(first + at, f"text that is not YAML ({error.problem})")


def _open_at(text: str, end: int) -> int:
    """The brackets that are open at a place, counted over what the parser reads ahead of events."""
    ahead = text[max(0, end - LOOK_AHEAD) : end]
    return sum(ahead.count(c) for c in "[{") - sum(ahead.count(c) for c in "]}")


def _nodes(events: Iterable[Any], first: int) -> Iterator[Node]:
    import yaml

    stack: list[Node] = []
    anchors: dict[str, Node] = {}
    for event in events:
        if isinstance(event, yaml.ScalarEvent):
            node = _scalar(event, first)
        elif isinstance(event, yaml.CollectionStartEvent):
            kind = "map" if isinstance(event, yaml.MappingStartEvent) else "list"
            line = _line(event, first)
            node = Node(line=line, kind=kind, tag=event.tag, anchor=event.anchor)
            stack.append(node)
            if len(stack) > MAX_DEPTH:
                raise _too_deep(line)
            continue
        elif isinstance(event, yaml.CollectionEndEvent):
            node = stack.pop()
        elif isinstance(event, yaml.AliasEvent):
            node = _aliased(event, anchors, first)
        else:
            if isinstance(event, yaml.DocumentStartEvent):
                anchors = {}
            continue
        if node.anchor and not isinstance(event, yaml.AliasEvent):
            anchors[node.anchor] = node
        if not stack:
            yield node
        else:
            _add(stack, node, _line(event, first))


def _line(event: Any, first: int) -> int:
    line: int = event.start_mark.line
    return first + line


def _scalar(event: Any, first: int) -> Node:
    line = _line(event, first)
    return Node(
        line=line,
        kind="text",
        text=event.value,
        tag=event.tag,
        plain=event.implicit[0],
        anchor=event.anchor,
    )


def _aliased(event: Any, anchors: dict[str, Node], first: int) -> Node:
    if event.anchor not in anchors:
        line = _line(event, first)
        raise Refused(line, f"the alias *{event.anchor} without a value", "an anchor before it")
    return anchors[event.anchor]


def _add(stack: list[Node], node: Node, line: int) -> None:
    parent = stack[-1]
    parent.children.append(node)
    parent.size += node.size
    parent.height = max(parent.height, node.height + 1)
    if len(stack) + node.height > MAX_DEPTH:
        raise _too_deep(line)
    # Sizes count what aliases stand for, so a small file cannot unfold into a huge one.
    if parent.size > MAX_NODES:
        raise Refused(line, "more values than can be read", f"at most {MAX_NODES:,} values")


def _too_deep(line: int) -> Refused:
    return Refused(line, f"more than {MAX_DEPTH} levels of nesting", "less nesting")


@dataclass(slots=True)
class Builder:
    """Builds plain data and remembers the keys that were repeated or written as numbers."""

    number_keys: list[NumberKey] = field(default_factory=list)
    repeated: list[Node] = field(default_factory=list)
    shared: dict[int, Any] = field(default_factory=dict)

    def build(self, node: Node, under: str = "") -> Any:
        """The data of this node; `under` is the key around it."""
        if node.anchor and id(node) in self.shared:
            return self.shared[id(node)]
        if node.kind == "text":
            value = _value(node)
        elif node.tag not in (None, "!", f"{_TAG}map", f"{_TAG}seq"):
            raise _tagged(node)
        elif node.kind == "list":
            value = [self.build(child, under) for child in node.children]
        else:
            value = self._mapping(node, under)
        if node.anchor:
            self.shared[id(node)] = value
        return value

    def _mapping(self, node: Node, under: str) -> dict[str, Any]:
        data: dict[str, Any] = {}
        merged: list[dict[str, Any]] = []
        for key, child in zip(node.children[::2], node.children[1::2], strict=True):
            if key.kind != "text":
                raise Refused(key.line, "a mapping or list as a key", "text as a key")
            if key.plain and key.text == "<<":
                merged += _merged(self.build(child, under), key)
                continue
            if key.text in data:
                self.repeated.append(key)
            if key.plain and key.text[:1].isdigit() and not isinstance(_value(key), str):
                self.number_keys.append(NumberKey(under, key.text, key.line))
            data[key.text] = self.build(child, key.text)
        for other in merged:
            data = other | data
        return data


def _merged(value: Any, key: Node) -> list[dict[str, Any]]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(v, dict) for v in values):
        raise Refused(key.line, "the merge key << without a mapping", "a mapping")
    return values


def _value(node: Node) -> Any:
    if node.tag in ("!", f"{_TAG}str") or (node.tag is None and not node.plain):
        return node.text
    value = _resolved(node.text)
    if node.tag is None or node.tag == f"{_TAG}{_tag_of(value)}":
        return value
    raise _tagged(node)


def _resolved(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-+.0123456789":
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) and any(c.isdigit() for c in text.partition("e")[0]):
        return float(text)
    return text


def _tag_of(value: Any) -> str:
    names = {bool: "bool", int: "int", float: "float", type(None): "null"}
    return names.get(type(value), "str")


def _tagged(node: Node) -> Refused:
    tag = (node.tag or "").replace(_TAG, "!!")
    return Refused(node.line, f"the YAML tag {tag}", "plain YAML without tags")
