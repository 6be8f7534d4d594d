"""An operation's path parameters under the names that its published template has."""

from __future__ import annotations

import re
from typing import Any

from apim_aks.apis.document.source import Source
from apim_aks.apis.document.structure import is_reference

_NAME = re.compile(r"\{([^{}]+)\}")


def fitted(operation: Any, path: str, template: str, source: Source) -> Any:
    """The operation with exactly the path parameters of the template, in its order.

    Names that differ pair up from the end of the path; one that is not described is a text.
    """
    wanted = list(dict.fromkeys(_NAME.findall(template)))
    parameters = operation.get("parameters", [])
    placed = [(p, _path_name(p, source)) for p in parameters]
    described = {name: p for p, name in placed if name}
    if set(described) == set(wanted):
        return operation
    spare = [n for n in _NAME.findall(path) if n in described and n not in wanted]
    unknown = [n for n in wanted if n not in described]
    paired = dict(zip(reversed(unknown), reversed(spare), strict=False))
    others = [p for p, name in placed if not name]
    mine = [
        described.get(n) or _called(n, described.get(paired.get(n, "")), source) for n in wanted
    ]
    rest = {k: v for k, v in operation.items() if k != "parameters"}
    return {"parameters": [*mine, *others], **rest} if mine or others else rest


def _called(name: str, parameter: Any, source: Source) -> Any:
    if parameter is None:
        return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    return {**_written(parameter, source), "name": name}


def _path_name(parameter: Any, source: Source) -> str:
    written = _written(parameter, source)
    return str(written.get("name", "")) if written.get("in") == "path" else ""


def _written(parameter: Any, source: Source) -> dict[str, Any]:
    while is_reference(parameter, "parameter"):
        steps = source.steps(parameter["$ref"])
        parameter = source.component("parameters", steps) if steps else {}
    return parameter if isinstance(parameter, dict) else {}
