"""Label selectors, blocks of addresses and ports, read as strictly as the API server reads them.

What it refuses: kubernetes/apimachinery, pkg/apis/meta/v1/validation, and kubernetes/kubernetes,
pkg/apis/networking/validation.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from apim_aks.workload.documents import described
from apim_aks.workload.kubernetes.object import Path_, WrongField, at, items, mapping, texts
from apim_aks.workload.network_policy import LAST_PORT, PROTOCOLS, Expression, Selector

_PART = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_KEY = re.compile(rf"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?{_PART}")
_VALUE = re.compile(f"({_PART})?")
_CIDR = re.compile(r"[0-9a-fA-F.:]+/[0-9]{1,3}")
_PORT_NAME = re.compile(r"(?=[a-z0-9-]*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?")
_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
_LABEL = "letters, digits, '-', '_' and '.', at most 63, beginning and ending with one of the first"


def only(data: Any, path: Path_, names: Collection[str]) -> dict[str, Any]:
    """The mapping at this path, which holds no other fields than these."""
    found = mapping(data, *path)
    for name in found:
        if name not in names:
            expected = f"one of the fields {', '.join(sorted(names))}"
            raise WrongField((*path, name), "an unknown field", expected)
    return found


def read_selector(data: Any, path: Path_) -> Selector:
    """The label selector at this path; a missing one picks everything."""
    only(data, path, ("matchLabels", "matchExpressions"))
    equal = sorted(_equal(data, (*path, "matchLabels")))
    expressions = (_expression(data, place) for _, place in items(data, *path, "matchExpressions"))
    return Selector(tuple(equal), tuple(expressions))


def _equal(data: Any, path: Path_) -> Iterator[tuple[str, str]]:
    for key, value in mapping(data, *path).items():
        place = (*path, key)
        if not isinstance(value, str):
            raise WrongField(place, described(value), "text in quotes")
        _fits(place, _KEY, key)
        _fits(place, _VALUE, value)
        yield key, value


def _expression(data: Any, path: Path_) -> Expression:
    found = only(data, path, ("key", "operator", "values"))
    operator = at(data, str, *path, "operator")
    if operator not in _OPERATORS:
        found_there = described(found.get("operator"))
        raise WrongField((*path, "operator"), found_there, f"one of {', '.join(_OPERATORS)}")
    key = at(data, str, *path, "key") or ""
    _fits((*path, "key"), _KEY, key)
    values = tuple(texts(data, *path, "values"))
    if bool(values) != (operator in ("In", "NotIn")):
        expected = "at least one value" if not values else f"no values beside {operator}"
        raise WrongField((*path, "values"), described(found.get("values")), expected)
    for i, value in enumerate(values):
        _fits((*path, "values", i), _VALUE, value)
    return Expression(key, operator, values)


def _fits(path: Path_, pattern: re.Pattern[str], word: str) -> None:
    if not pattern.fullmatch(word):
        raise WrongField(path, described(word), _LABEL)


def read_network(path: Path_, given: Any) -> IPv4Network | IPv6Network:
    """A range of addresses as text; bits behind the prefix are left out, as API servers do."""
    if isinstance(given, str) and _CIDR.fullmatch(given):
        try:
            return ip_network(given, strict=False)
        except ValueError:
            pass
    raise WrongField(path, described(given), "a range of addresses such as 10.0.0.0/16")


def read_number(data: Any, path: Path_) -> int:
    """A port number."""
    number = at(data, int, *path)
    if number is None or not 1 <= number <= LAST_PORT:
        raise WrongField(path, described(number), f"a whole number from 1 to {LAST_PORT}")
    return int(number)


def read_end(data: Any, path: Path_, first: int) -> int:
    """The last port of a range that begins with `first`."""
    last = read_number(data, path)
    if last < first:
        raise WrongField(path, described(last), f"a whole number from {first} to {LAST_PORT}")
    return last


def read_name(path: Path_, given: Any) -> str:
    """The name of a container's port."""
    if isinstance(given, str) and _PORT_NAME.fullmatch(given):
        return given
    expected = "a port's name: at most 15 lower-case letters, digits and hyphens, a letter in it"
    raise WrongField(path, described(given), expected)


def read_protocol(data: Any, path: Path_) -> str:
    """TCP, UDP or SCTP; TCP where nothing is said."""
    protocol = at(data, str, *path) or "TCP"
    if protocol not in PROTOCOLS:
        raise WrongField(path, described(protocol), f"one of {', '.join(PROTOCOLS)}")
    return str(protocol)
