"""The Markdown that this workbook writes itself, as safe HTML: no raw HTML gets through."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator

from apim_aks.page.html import NARROW, Html, cell

_INLINE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\*\*(.+?)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"(?<!\w)\*(.+?)\*(?!\w)"), r"<em>\1</em>"),
    (re.compile(r"\[([^\]]+)\]\((https?://[^\s)]+|[\w./#-]+)\)"), r'<a href="\2">\1</a>'),
)
_CODE = re.compile(r"(`[^`]+`)")
_HEADING = re.compile(r"(#{1,6}) (.+)")
_BULLET = re.compile(r"[-*] (.+)")
_NUMBERED = re.compile(r"\d+\. (.+)")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]<>#|~!.()+-])")
_HIDDEN = re.compile("[\ue000-\ue07f]")
_PRIVATE = 0xE000
_RULE = re.compile(r"\|?[\s:|-]+\|?")


def markdown(text: str) -> str:
    """Headings, paragraphs, lists, tables, fences, bold, code and links; all else is text."""
    hidden = _ESCAPED.sub(lambda m: chr(_PRIVATE + ord(m[1])), _HIDDEN.sub("", text))
    return _HIDDEN.sub(_character, "\n".join(_blocks(hidden.splitlines())))


def _character(found: re.Match[str]) -> str:
    """An escaped character, which Markdown did not see, as what it stands for."""
    return html.escape(chr(ord(found[0]) - _PRIVATE))


def _blocks(lines: list[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
        elif line.startswith("```"):
            end = _until(lines, at + 1, lambda s: s.startswith("```"))
            yield f"<pre><code>{html.escape(chr(10).join(lines[at + 1 : end]))}</code></pre>"
            at = end + 1
        elif found := _HEADING.fullmatch(line):
            yield f"<h{len(found[1])}>{inline(found[2])}</h{len(found[1])}>"
            at += 1
        else:
            end = _until(lines, at + 1, lambda s: not s.strip() or bool(_HEADING.fullmatch(s)))
            yield _block(lines[at:end])
            at = end


def _until(lines: list[str], start: int, ends: Callable[[str], bool]) -> int:
    return next((i for i in range(start, len(lines)) if ends(lines[i])), len(lines))


def _block(lines: list[str]) -> str:
    for pattern, tag in ((_BULLET, "ul"), (_NUMBERED, "ol")):
        if pattern.match(lines[0]):
            return _list(lines, pattern, tag)
    if len(lines) > 1 and "|" in lines[0] and _RULE.fullmatch(lines[1]):
        return _table(lines)
    return f"<p>{inline(' '.join(s.strip() for s in lines))}</p>"


def _list(lines: list[str], pattern: re.Pattern[str], tag: str) -> str:
    entries: list[str] = []
    for line in lines:
        if found := pattern.match(line.strip()):
            entries.append(found[1])
        else:
            entries[-1] += f" {line.strip()}"
    return f"<{tag}>{''.join(f'<li>{inline(e)}</li>' for e in entries)}</{tag}>"


def _table(lines: list[str]) -> str:
    """On a telephone its rows become cards; the roles keep it a table."""
    heads, _, *rows = ([c.strip() for c in x.strip().strip("|").split("|")] for x in lines)
    head = "".join(f'<th scope="col" role="columnheader">{inline(c)}</th>' for c in heads)
    body = "".join(_table_row(row, heads) for row in rows)
    return (
        f'<div class="scroll{" cards" if len(heads) > NARROW else ""}"><table role="table">'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>'
        f'<tbody role="rowgroup">{body}</tbody></table></div>'
    )


def _table_row(cells: list[str], heads: list[str]) -> str:
    labels = [*heads, *[""] * len(cells)]
    named = zip(cells, labels, strict=False)
    return f'<tr role="row">{"".join(cell(Html(inline(c)), n).text for c, n in named)}</tr>'


def inline(text: str) -> str:
    """Bold, emphasis, code and links of one line."""
    parts = _CODE.split(text)
    return "".join(
        f"<code>{html.escape(p[1:-1])}</code>" if _CODE.fullmatch(p) else _words(p) for p in parts
    )


def _words(text: str) -> str:
    escaped = html.escape(text)
    for pattern, replacement in _INLINE:
        escaped = pattern.sub(replacement, escaped)
    return escaped
