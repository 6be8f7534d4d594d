"""Text and expressions of a template, kept apart: what came from input is never evaluated.

Resource Manager evaluates a string that starts with `[` and ends with `]`; one more `[` in front
makes it text again. Any other string is text as it stands, whatever brackets it holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]


class Code(str):
    """An expression without its brackets, such as `parameters('location')`."""

    __slots__ = ()

    @property
    def value(self) -> str:
        """The expression as a value of a template."""
        return f"[{self}]"


Part = str | Code


def text(value: str) -> str:
    """This text as a value of a template: it stays text."""
    return f"[{value}" if value.startswith("[") and value.endswith("]") else value


def data(value: Any) -> Any:
    """Input as a value of a template: every string in it stays text, names of fields too."""
    if isinstance(value, Code):
        return value.value
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return {text(str(k)): data(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [data(v) for v in value]
    return value


def quoted(value: Part) -> str:
    """A part of an expression: code as it is, text in quotes."""
    return str(value) if isinstance(value, Code) else "'" + value.replace("'", "''") + "'"


def parameter(name: str) -> Code:
    """A parameter of the template."""
    return Code(f"parameters('{name}')")


def joined(parts: tuple[Part, ...], separator: str = "/") -> str:
    """Several parts as one value: plain text where no part is code."""
    if not any(isinstance(p, Code) for p in parts):
        return text(separator.join(parts))
    if len(parts) == 1:
        return Code(parts[0]).value
    holes = separator.join(f"{{{n}}}" for n in range(len(parts)))
    return f"[format('{holes}', {', '.join(quoted(p) for p in parts)})]"


def call(function: str, *parts: Part) -> Code:
    """A function called with these parts."""
    return Code(f"{function}({', '.join(quoted(p) for p in parts)})")


def resource_id(type: str, names: tuple[Part, ...], group: str = "") -> Code:
    """The id of a resource, in another group than the deployment's where one is named."""
    return call("resourceId", *((group,) if group else ()), type, *names)


def reference(id: Code, version: str, path: str = "") -> Code:
    """A property of a resource that is there when the expression is evaluated."""
    return Code(f"reference({id}, '{version}').{path}" if path else f"reference({id}, '{version}')")
