"""Which rows of `data/import_limits.csv` apply to a path as a URL template of API Management."""

from __future__ import annotations

import re
from collections.abc import Iterator

Seen = Iterator[tuple[str, str]]


def same_template(path: str, first: str) -> Seen:
    """The row about two paths that are one template, by what alone tells them apart."""
    if path == first:
        return
    if path.strip("/") == first.strip("/"):
        yield "same-but-slash", f"the path that is {first} but for a slash at the end"
    elif path.strip("/").lower() == first.strip("/").lower():
        yield "same-but-case", f"the path that is {first} but for letter case"
    else:
        yield "same-path", f"the path that is {first} with other names"


def odd_template(path: str) -> Seen:
    """The rows about a path that is not a template, or whose import is not documented."""
    if set(path) & {"?", "#"}:
        yield "query-in-path", "a path with a query or fragment"
    if re.search(r"[{}]", re.sub(r"\{[^{}]+\}", "", path)):
        yield "braces", "a path whose braces do not pair up around a name"
    elif re.search(r"[^/]\{|\}[^/]", path):
        yield "parameter-in-part", "a parameter that is a piece of its part"
