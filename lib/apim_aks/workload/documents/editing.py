"""Changes to a YAML text of one mapping that leave every other character as it is.

The parser says where a value begins and ends; what stands around it, comments and order, is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

Path = tuple[str, ...]
"""The keys that lead to a value."""

_SHORT = 80
"""Characters of a list that still stands on one line."""


def edited(text: str, changes: Mapping[str, Any], remarks: Mapping[Path, str]) -> str:
    """The text with these keys; a mapping is merged key by key, None takes a key away.

    A new key takes the place of a comment that shows it, such as `# regions: 2`. `remarks` stand
    behind the keys of their paths, where no comment does.

    Raises:
        ValueError: the text is written in a way that cannot be changed so.
    """
    before = yaml.safe_load(text) or {}
    wanted = _merged(before, changes)
    for path, value in _edits(before, changes, ()):
        text = _removed(text, path) if value is None else _set(text, path, value)
    if yaml.safe_load(text) != wanted:
        raise ValueError("anchors, tags or several documents")
    for path, remark in remarks.items():
        if _at(wanted, path) is None:
            continue
        noted = _remarked(text, path, remark)
        text = noted if yaml.safe_load(noted) == wanted else text
    return text


def _at(data: Any, path: Path) -> Any:
    for key in path:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data


def _merged(data: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(data)
    for key, value in changes.items():
        here = merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(here, Mapping) and here:
            merged[key] = _merged(here, value)
        elif (plain := _plain(value)) != {} or key in merged:
            merged[key] = plain
    return merged


def _edits(data: Any, changes: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Any]]:
    """Each value to write or, as None, to take away, by the keys that lead to it."""
    for key, value in changes.items():
        here = data.get(key)
        if value is None:
            if key in data:
                yield (*path, key), None
        elif isinstance(value, Mapping) and isinstance(here, Mapping) and here:
            yield from _edits(here, value, (*path, key))
        elif (plain := _plain(value)) != here and (plain != {} or key in data):
            yield (*path, key), plain


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return str(value) if isinstance(value, str) else value


def _set(text: str, path: Path, value: Any) -> str:
    parent = _node(text, path[:-1])
    found = _pair(parent, path[-1])
    if found is None:
        return _added(text, parent, path[-1], value)
    key, node = found
    colon = text.index(":", key.end_mark.index) + 1
    written = _flow(value) if parent.flow_style else _block(value, key.start_mark.column)
    gap = "" if written.startswith("\n") else " "
    return f"{text[:colon]}{gap}{written}{text[max(colon, _end(text, node)) :]}"


def _added(text: str, parent: yaml.MappingNode, key: str, value: Any) -> str:
    if parent.flow_style:
        at = parent.end_mark.index - 1
        comma = ", " if parent.value else ""
        return f"{text[:at].rstrip()}{comma}{_flow(key)}: {_flow(value)}{text[at:]}"
    column = parent.value[0][0].start_mark.column
    written = _block(value, column)
    entry = f"{' ' * column}{_flow(key)}:{'' if written[:1] == chr(10) else ' '}{written}"
    if hint := _hint(text, parent, column, key):
        return _over_hint(text, hint, entry)
    at = len(text) if not column else _line_end(text, _end(text, parent))
    before = text[:at]
    return f"{before}{'' if before.endswith(chr(10)) else chr(10)}{entry}" + (
        text[at:] if at < len(text) else "\n"
    )


def _hint(text: str, parent: yaml.MappingNode, column: int, key: str) -> re.Match[str] | None:
    """The comment at this depth that shows how the key would be set, after its mapping began."""
    shown = re.compile(rf"^ {{{column}}}# {re.escape(key)}:(?P<value>.*?)(?P<why> +# .*)?$", re.M)
    found = shown.search(text, parent.start_mark.index)
    between = text[parent.start_mark.index : found.start()] if found else ""
    further_out = rf"^ {{0,{column - 1}}}[^\s#]"
    is_outside = column and re.search(further_out, between.partition("\n")[2], re.M)
    return None if is_outside else found


def _over_hint(text: str, hint: re.Match[str], entry: str) -> str:
    """The entry in place of a comment of one line; below one of several lines."""
    if hint["value"].strip():
        return f"{text[: hint.start()]}{entry}{hint['why'] or ''}{text[hint.end() :]}"
    end = hint.end()
    while text.startswith("\n#", end):
        end = _line_end(text, end + 1)
    return f"{text[:end]}\n{entry}{text[end:]}"


def _removed(text: str, path: Path) -> str:
    parent = _node(text, path[:-1])
    key, node = _pair(parent, path[-1]) or (parent, parent)
    start, end = key.start_mark.index, _end(text, node)
    if parent.flow_style:
        follows = re.compile(r"\s*,\s*").match(text, end)
        leads = "" if follows else re.sub(r",\s*$", "", text[:start])
        return (leads or text[:start]) + text[follows.end() if follows else end :]
    line = text.rfind("\n", 0, start) + 1
    end = _line_end(text, end)
    if len(parent.value) == 1 and len(path) > 1:
        owner = _pair(_node(text, path[:-2]), path[-2])
        colon = text.index(":", owner[0].end_mark.index) + 1 if owner else start
        return f"{text[:colon]} {{}}{text[colon:line].rstrip()}{text[end:]}"
    return text[:line] + text[end + 1 :]


def _remarked(text: str, path: Path, remark: str) -> str:
    """The text with a comment behind the line of this key, unless it has one."""
    while len(path) > 1 and _node(text, path[:-1]).flow_style:
        path = path[:-1]
    found = _pair(_node(text, path[:-1]), path[-1])
    if found is None:
        return text
    begin, end = found[0].start_mark.index, _end(text, found[1])
    rest = text[end : _line_end(text, end)]
    if "\n" in text[begin:end] or rest.strip():
        return text
    return f"{text[:end]}  # {remark}{text[end + len(rest) :]}"


def _node(text: str, path: Path) -> Any:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    for key in path:
        found = _pair(node, key)
        if found is None:
            raise ValueError("merged keys")
        node = found[1]
    if not isinstance(node, yaml.MappingNode):
        raise ValueError("something else than a mapping")
    return node


def _pair(parent: Any, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    return next(((k, v) for k, v in parent.value if k.value == key), None)


def _end(text: str, node: Any) -> int:
    """Where a value ends: a block at the end of its last part, without what follows it."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        return len(text[: node.end_mark.index].rstrip()) if node.value else int(node.end_mark.index)
    last = node.value[-1]
    return _end(text, last[1] if isinstance(last, tuple) else last)


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _flow(value: Any) -> str:
    written: str = yaml.safe_dump(
        [value], default_flow_style=True, width=1_000_000, allow_unicode=True, sort_keys=False
    )
    return written.strip()[1:-1]


def _block(value: Any, column: int) -> str:
    """A value below a key in this column: mappings and long lists on lines of their own."""
    inner = "\n" + " " * (column + 2)
    if isinstance(value, dict) and value:
        lines = ((k, _block(v, column + 2)) for k, v in value.items())
        return "".join(f"{inner}{_flow(k)}:{'' if v[:1] == chr(10) else ' '}{v}" for k, v in lines)
    if isinstance(value, list) and len(_flow(value)) > _SHORT:
        return "".join(f"{inner}- {_flow(item)}" for item in value)
    return _flow(value)
