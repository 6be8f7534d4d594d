"""What the path of a route means: which callers' paths it takes, what the back end gets instead.

Regular expressions of the input are not run: the forms in which people write a prefix with the rest
behind it are known, and any other is not understood.
"""

from __future__ import annotations

import re
from dataclasses import replace

from apim_aks.workload.route import PathMatch

_LITERAL = r"[\w~%-]|/|\\[./-]|\.(?![*+?{])"
_HEAD = re.compile(rf"\^?((?:(?:{_LITERAL})(?![*+?{{]))*)")
_TARGET = re.compile(r"([^$\\{}()]*)(?:[$\\]\{?(\d)\}?)?")
_META = re.compile(r"[()|^$\\]|\.\*|\.\+")

_TAILS: dict[str, tuple[str, str]] = {
    "(/|$)(.*)": ("2", ""),
    "(/|$)?(.*)": ("2", ""),
    "(/?)(.*)": ("2", ""),
    "(?:/|$)(.*)": ("1", ""),
    "/?(.*)": ("1", ""),
    "(.*)": ("1", "/"),
    "(/.*)": ("1", "/"),
    "(/.*)?": ("1", "/"),
    "(/.*|$)": ("1", "/"),
    "(?:/(.*))?": ("1", ""),
    "(/(.*))?": ("2", ""),
    "(/|$).*": ("", ""),
    "(/.*)*": ("", ""),
    "(?:/.*)?": ("", ""),
    "(/|$)": ("", ""),
    "/?": ("", ""),
    ".*": ("", ""),
    "": ("", ""),
}
"""What may stand behind a fixed beginning: the group that holds the rest, and with which slash."""


def kept(path: str, exact: bool = False) -> PathMatch:
    """The path and what is under it, passed on as it is."""
    plain = _plain(path)
    return PathMatch(plain, plain, exact)


def begun(path: str) -> PathMatch:
    """What begins with this text, passed on as it is; with a slash at its end, what is under it."""
    return replace(kept(path), text=not path.endswith(("/", "*")))


def replaced(path: str, target: str, exact: bool = False) -> PathMatch:
    """The back end gets `target` in place of the prefix."""
    return PathMatch(_plain(path), _plain(target), exact)


def constant(path: str, target: str, exact: bool = False) -> PathMatch:
    """The back end gets `target` whatever stood behind the prefix."""
    return PathMatch(_plain(path), _plain(target), exact, constant=True)


def unknown(path: str) -> PathMatch:
    """Something is done with the path that is not understood."""
    return PathMatch(_fixed(path)[0].rstrip("/"), understood=False)


def is_expression(path: str) -> bool:
    """It holds what only a regular expression holds."""
    return bool(_META.search(path))


def expression(pattern: str, target: str | None = None) -> PathMatch:
    """A regular expression, and what its captures become; None passes the path on."""
    head, tail = _fixed(pattern)
    prefix = head.rstrip("/")
    if tail == "$":
        return kept(prefix, True) if target is None else _rewritten(prefix, target, "", "", True)
    tail = tail.removesuffix("$") if tail not in _TAILS else tail
    if tail not in _TAILS:
        return _captured(head, tail, target)
    group, slash = _TAILS[tail]
    if target is None:
        return kept(prefix)
    return _rewritten(prefix, target, group, "" if head.endswith("/") else slash)


def _captured(head: str, tail: str, target: str | None) -> PathMatch:
    """`/(orders.*)`: the group holds a fixed part and the rest."""
    if inner := re.fullmatch(rf"\(((?:{_LITERAL})+?)/?\.\*\)", tail):
        prefix = head.rstrip("/") + "/" + _unescaped(inner[1]).strip("/")
        if target is None:
            return kept(prefix)
        found = _TARGET.fullmatch(target)
        if head.endswith("/") and found and found[2] == "1":
            return replaced(prefix, found[1].rstrip("/") + "/" + _unescaped(inner[1]))
    return PathMatch(head.rstrip("/"), understood=False)


def _rewritten(prefix: str, target: str, group: str, slash: str, exact: bool = False) -> PathMatch:
    found = _TARGET.fullmatch(target)
    if found and found[2] is None:
        return constant(prefix, found[1], exact)
    if found and found[2] == group and (slash or found[1].endswith("/")):
        return replaced(prefix, found[1])
    return PathMatch(prefix, understood=False)


def _fixed(pattern: str) -> tuple[str, str]:
    """The literal beginning of a regular expression, and what stands behind it."""
    found = _HEAD.match(pattern)
    end = found.end() if found else 0
    return _unescaped(pattern[:end].removeprefix("^")), pattern[end:]


def _unescaped(text: str) -> str:
    return text.replace("\\", "")


def _plain(path: str) -> str:
    """Without the `*` of Application Gateway, and without a slash at the end."""
    return path.removesuffix("*").rstrip("/")
