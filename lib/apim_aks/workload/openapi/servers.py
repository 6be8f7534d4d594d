"""Where a document, a path or an operation says that it is served: the path, and the host."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from apim_aks.workload.documents import printable, shortened
from apim_aks.workload.openapi.templates import Problem, fixed_problem


def base_path(data: Mapping[str, Any]) -> str:
    """`basePath`, or the path of the first server, with the defaults of its variables."""
    return _trimmed(text(data.get("basePath")) if "swagger" in data else address(data).path)


def own_servers(*holders: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The innermost of path and operation that has servers of its own; None without any."""
    served = (h for h in reversed(holders) if isinstance(h.get("servers"), list) and h["servers"])
    return next(served, None)


def server_host(holder: Mapping[str, Any]) -> str:
    """The host of the first server; empty where it is a path only."""
    return address(holder).netloc


def server_problem(base: str) -> Problem | None:
    """Why no call could be sent below this path; None where it could."""
    said = f"the path {shortened(base)!r} of the server"
    if variable := re.search(r"[{}][^{}/]*}?", base):
        expected = "a default for each variable, or the path itself"
        return Problem(f"{said}, where {variable[0]!r} has no value", expected)
    problem = fixed_problem(base)
    return Problem(f"{said}: {problem.found}", problem.expected) if problem else None


def address(holder: Mapping[str, Any]) -> SplitResult:
    """The URL of the first server, with the defaults of its variables; empty without one."""
    servers = holder.get("servers")
    server = _mapping(servers[0]) if isinstance(servers, list) and servers else {}
    url = text(server.get("url"))
    for name, variable in _mapping(server.get("variables")).items():
        if value := text(_mapping(variable).get("default")):
            url = url.replace(f"{{{name}}}", value)
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _trimmed(path: str) -> str:
    path = path.strip("/")
    return f"/{path}" if path else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str:
    """A value that should be a text as one; empty where it is none."""
    if isinstance(value, str):
        return printable(value)
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""
