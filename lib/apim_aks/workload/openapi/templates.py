"""Which paths API Management can publish as URL templates, and which it cannot tell apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from apim_aks.facts import template_limit
from apim_aks.workload.documents import printable, shortened
from apim_aks.workload.url_template import has_wildcard

_PARAMETER = re.compile(r"\{(\*?)([^{}]*)\}")
_EVALUATED = re.compile(r"@[({]")


class Problem(NamedTuple):
    """Why a path cannot be published, and what is expected instead."""

    found: str
    expected: str


def path_problem(path: str) -> Problem | None:
    """The first reason why this path of a document cannot be a URL template; None without one."""
    if not path.startswith("/"):
        return Problem("", "a path that starts with /")
    return fixed_problem(path) or _parameters_problem(path) or _wildcard_problem(path)


def fixed_problem(path: str) -> Problem | None:
    """What neither a path nor the path of a server can hold, whatever its parameters are."""
    if found := re.search(r"[?#]", path):
        return Problem(f"it holds {found[0]!r}", "a path without query and fragment")
    if printable(path) != path:
        return Problem("it holds a control character", "text that a URL can hold")
    if found := _EVALUATED.search(path):
        expected = "text that API Management does not evaluate in a policy"
        return Problem(f"it holds {found[0]!r}", expected)
    if {".", ".."} & set(path.split("/")):
        return Problem("it climbs with . or ..", "the path itself")
    return None


def route_problem(path: str) -> Problem | None:
    """Why the path of a route, before or behind it, can be part of no URL template."""
    if path and not path.startswith("/"):
        return Problem("it starts without /", "a path that starts with /")
    if found := re.search(r"[{}*]", path):
        return Problem(f"it holds {found[0]!r}", "a path of plain text")
    return fixed_problem(path)


def prefix_problem(path: str) -> Problem | None:
    """Why callers' path of a route can be the path of no API."""
    limit = template_limit("api-url").number
    if len(path.strip("/")) >= limit:
        return Problem(f"it has {len(path):,} characters", f"fewer than {limit:,}")
    return route_problem(path)


def _parameters_problem(path: str) -> Problem | None:
    limit = template_limit("url-template").number
    if len(path) > limit:
        return Problem(f"it has {len(path):,} characters", f"at most {limit:,}")
    if "{" not in path and "}" not in path:
        return None
    names = [name for _, name in _PARAMETER.findall(path)]
    if re.search(r"[{}]", _PARAMETER.sub("", path)):
        return Problem("its braces do not pair up", "braces only around the name of a parameter")
    if not all(name.strip() and "/" not in name for name in names):
        return Problem("its braces hold no name", "braces only around the name of a parameter")
    if again := repeated(names):
        return Problem(f"it has the parameter {again!r} twice", UNIQUE)
    return None


def _wildcard_problem(path: str) -> Problem | None:
    before = path.rpartition("/")[0]
    if "*" in before:
        return Problem("it goes on after a wildcard", "a wildcard in the last part of a path only")
    if "*" in path and not has_wildcard(path):
        return Problem("its wildcard is a piece of its last part", "a last part * or {*name}")
    return None


UNIQUE = "a name of its own for each parameter, whatever its letter case"


def repeated(names: Iterable[str]) -> str:
    """The first name that is there twice, whatever its letter case; empty without one."""
    listed = list(names)
    times = Counter(name.lower() for name in listed)
    return next((name for name in listed if times[name.lower()] > 1), "")


def left_out(path: str, problem: Problem) -> str:
    """What is found, in words: the path, that it is left out, and why where that is not plain."""
    because = f": {problem.found}" if problem.found else ""
    return f"the path {shortened(path)!r}, which is left out{because}"
