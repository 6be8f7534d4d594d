"""URL templates of operations: what tells them apart, and what is in them."""

from __future__ import annotations

import re
from functools import lru_cache

_PARAMETER = re.compile(r"\{(\*?)[^{}]*\}")
_WILDCARD = re.compile(r"/(\*|\{\*[^{}/]*\})$")


@lru_cache(maxsize=4096)
def template_key(path: str) -> str:
    """What is the same for all paths that are one URL template to API Management.

    Letter case, the names of parameters and slashes at the ends tell no templates apart.
    """
    return _PARAMETER.sub(nameless, path).lower().strip("/")


def nameless(parameter: re.Match[str]) -> str:
    """A parameter without its name, that of a wildcard as `{*}`; group 1 is the asterisk."""
    return "{*}" if parameter[1] else "{}"


def has_wildcard(template: str) -> bool:
    """The last part of the template stands for all parts that may be there: `*` or `{*path}`."""
    return bool(_WILDCARD.search(template))


def before_wildcard(template: str) -> str:
    """The path that the wildcard stands behind."""
    return _WILDCARD.sub("", template) or "/"


def parameter_names(template: str) -> tuple[str, ...]:
    """The parameters of a template in its order; that of `{*path}` is called `path`."""
    return tuple(re.findall(r"\{\*?([^{}]*)\}", template))


def joined(path: str, template: str) -> str:
    """The template behind a path; one of the path itself, `/` or `/?a=b`, adds no slash."""
    own = template == "/" or template.startswith("/?")
    return path + (template[1:] if path and own else template)
