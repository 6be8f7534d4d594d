"""Files from other teams as plain data with line numbers, whatever is in them.

Sizes are bounded before anything is built, scalars mean what they mean in JSON, and a document that
cannot be read becomes a finding of its own and leaves its neighbours alone.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from apim_aks.workload.documents.watched import opened
from apim_aks.workload.documents.yaml_nodes import (
    MAX_DEPTH,
    MAX_NODES,
    Builder,
    Node,
    NumberKey,
    Refused,
    compose,
)
from apim_aks.workload.finding import Finding

MAX_BYTES = 10_000_000
NOTHING = "nothing in it"
HELM = ("a Helm template that is not rendered", "the output of `helm template`")

_MARKER = re.compile(r"^(?:---|\.\.\.)(?=\s|$)", re.MULTILINE)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """One document of a file: `data` is what JSON would hold, `line` where it starts.

    `namespace` is that of Kubernetes objects in it that name none.
    """

    file: str
    line: int
    data: Any
    number_keys: tuple[NumberKey, ...] = ()
    text: str = field(default="", repr=False, compare=False)
    first_line: int = 1
    namespace: str = "default"

    def line_of(self, *path: str | int) -> int:
        """The line of the key or item at this path, or of the nearest part of it that exists."""
        node = self._node
        line = self.line
        for part in path:
            found = node.child(part) if node else None
            if not found:
                break
            line, node = found
        return line

    @cached_property
    def _node(self) -> Node | None:
        try:
            return next(compose(self.text, self.first_line), None)
        except Refused:
            return None


@dataclass(frozen=True, slots=True)
class Reading:
    """What came out of one file: documents, what is wrong with it, and its SHA-256."""

    documents: tuple[Parsed, ...] = ()
    findings: tuple[Finding, ...] = ()
    digest: str = ""


def read_file(path: Path, label: str, smaller: str = "") -> Reading:
    """The documents of a file, which is called `label` in every message.

    `smaller` says what makes one of that kind smaller, in words behind the limit.
    """
    opened(label)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return _only(label, 0, "something other than a file", "the path of a file")
        if status.st_size > MAX_BYTES:
            return _only(label, 0, f"{status.st_size / 1e6:.1f} MB", f"{_SIZE}{smaller}")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        return _only(label, 0, f"no content that can be read ({error.strerror})", "a file")
    return parse(content, label)


def parse(content: bytes, label: str) -> Reading:
    """The documents in these bytes."""
    if len(content) > MAX_BYTES:
        return _only(label, 0, f"{len(content) / 1e6:.1f} MB", _SIZE)
    try:
        text = _decode(content)
        documents, findings = _documents(text, label)
    except Refused as refused:
        return _only(label, refused.line, refused.found, refused.expected, _digest(content))
    if not documents and not findings:
        findings = [Finding(label, 0, NOTHING, "a YAML or JSON document")]
    return Reading(tuple(documents), tuple(findings), _digest(content))


def described(value: Any) -> str:
    """A value in a few words, safe to print."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"the word {str(value).lower()}"
    if isinstance(value, str):
        return f"the text {shortened(value)!r}"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    return "a mapping" if isinstance(value, dict) else "a list"


def shortened(text: str, length: int = 60) -> str:
    """The text, or its beginning where it is long."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def printable(text: str) -> str:
    """The text without characters that no page or XML document may contain."""
    if text.isprintable():  # as most are, and much quicker to see
        return text
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def is_template(text: str) -> bool:
    """The text holds the marks of a Helm template."""
    return "{{" in text


_SIZE = f"at most {MAX_BYTES // 1_000_000} MB"


def _only(label: str, line: int, found: str, expected: str, digest: str = "") -> Reading:
    return Reading((), (Finding(label, line, found, expected),), digest)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _decode(content: bytes) -> str:
    # PowerShell 5 redirects output as UTF-16 with a byte order mark.
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Refused(line, "bytes that are not UTF-8", "text in UTF-8") from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if bad := _UNPRINTABLE.search(text):
        line = text.count("\n", 0, bad.start()) + 1
        raise Refused(line, f"the control character U+{ord(bad.group()):04X}", "text in UTF-8")
    return text.replace("\ufeff", "")


def _documents(text: str, label: str) -> tuple[list[Parsed], list[Finding]]:
    if text.lstrip()[:1] in ("{", "["):
        try:
            line = text[: len(text) - len(text.lstrip())].count("\n") + 1
            return [Parsed(file=label, line=line, data=_json(text), text=text)], []
        except (ValueError, RecursionError) as error:
            if label.endswith(".json") and isinstance(error, json.JSONDecodeError):
                return [], [_json_finding(error, label)]
    documents: list[Parsed] = []
    findings: list[Finding] = []
    for first, chunk in _chunks(text):
        try:
            documents += _chunk_documents(chunk, first, label, findings)
        except Refused as refused:
            findings.append(_chunk_finding(refused, chunk, first, label))
    return documents, list(dict.fromkeys(findings))


def _json_finding(error: json.JSONDecodeError, label: str) -> Finding:
    reason = error.msg[:1].lower() + error.msg[1:]
    return Finding(label, error.lineno, f"text that is not JSON ({reason})", "JSON")


def _chunk_finding(refused: Refused, chunk: str, first: int, label: str) -> Finding:
    if is_template(chunk):
        line = first + chunk.count("\n", 0, chunk.index("{{"))
        return Finding(label, line, *HELM)
    return Finding(label, refused.line, refused.found, refused.expected)


def _json(text: str) -> Any:
    if text.count(",") + text.count("[") + text.count("{") > MAX_NODES:
        raise ValueError
    data = json.loads(
        text, object_pairs_hook=_unique_keys, parse_constant=_finite, parse_float=_finite
    )
    if "\\ud" in text.lower():
        json.dumps(data, ensure_ascii=False).encode()
    if _depth(data) > MAX_DEPTH:
        raise ValueError
    return data


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError
    return data


def _finite(text: str) -> float:
    number = float(text)
    if number - number != 0:
        raise ValueError
    return number


def _depth(data: Any) -> int:
    depth, level = 0, [data]
    while level:
        depth += 1
        level = [
            item
            for value in level
            for item in (value.values() if isinstance(value, dict) else value)
            if isinstance(item, (dict, list))
        ]
    return depth


def _chunks(text: str) -> Iterator[tuple[int, str]]:
    starts = [0, *(m.start() for m in _MARKER.finditer(text))]
    line = 1
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        chunk = text[start:end]
        if chunk.startswith("..."):
            chunk = f"   {chunk[3:]}"
        if not all(map(_is_blank, chunk.split("\n"))):
            yield line, chunk
        line += chunk.count("\n")


def _is_blank(line: str) -> bool:
    content = line.removeprefix("---").strip()
    return not content or content.startswith("#") or line.startswith("%")


def _chunk_documents(
    chunk: str, first: int, label: str, findings: list[Finding]
) -> Iterator[Parsed]:
    for node in compose(chunk, first):
        builder = Builder()
        data = builder.build(node)
        for key in builder.repeated:
            found = f"the key {shortened(key.text)!r} a second time in one mapping"
            expected = "each key once; the last counts"
            findings.append(Finding(label, key.line, found, expected, refused=False))
        if data is not None:
            yield Parsed(
                file=label,
                line=node.line,
                data=data,
                number_keys=tuple(builder.number_keys),
                text=chunk,
                first_line=first,
            )
