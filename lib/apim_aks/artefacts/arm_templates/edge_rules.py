"""The firewall's own rules: whose addresses an API admits or refuses, where they are still true.

Behind an edge API Management sees the edge's address alone, so that lists of callers' addresses
belong to the edge (OPTIONS 3.2.1: the client's address is only in a header that callers can forge).
The two firewalls write the same rule in other words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from apim_aks.apis.mapping import Api
from apim_aks.artefacts.arm_templates.expressions import Json
from apim_aks.artefacts.policies.carried import beside, common

_BELOW, _WHOLE = r"(/|\?|$)", r"/?(\?|$)"
_BEFORE = "(https?://[^/]+)?"
"""Front Door's documents do not say whether scheme and host stand before the path: both match."""
_PARAMETER = re.compile(r"\\\{[^{}]*\\\}")


def address_rules(apis: Iterable[Api]) -> list[Json]:
    """A rule for each list of addresses of an API, or of an operation with one of its own."""
    lists = enumerate(_lists(apis), start=1)
    return [_rule(at, path, ranges, admits) for at, (path, ranges, admits) in lists]


def front_door_rules(apis: Iterable[Api]) -> list[Json]:
    """The same for Front Door, by the address that opened the connection: no header is believed.

    https://learn.microsoft.com/azure/web-application-firewall/afds/waf-front-door-custom-rules
    """
    return [
        {
            "name": f"addresses{at}",
            "priority": at,
            "ruleType": "MatchRule",
            "enabledState": "Enabled",
            "action": "Block",
            "matchConditions": [
                _match("RequestUri", "RegEx", [f"^{_BEFORE}{path}"], ["UrlDecode", "Lowercase"]),
                {**_match("SocketAddr", "IPMatch", list(ranges), []), "negateCondition": admits},
            ],
        }
        for at, (path, ranges, admits) in enumerate(_lists(apis), start=1)
    ]


def _match(variable: str, operator: str, values: list[str], transforms: list[str]) -> Json:
    return {
        "matchVariable": variable,
        "operator": operator,
        "negateCondition": False,
        "matchValue": values,
        "transforms": transforms,
    }


def _lists(apis: Iterable[Api]) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """Paths as regular expressions, each with ranges and whether these are admitted."""
    for api in apis:
        every = common(api)
        asked = [(f"/{re.escape(api.url)}{_BELOW}" if api.url else "/", every)]
        asked += [(_path(api.path_of(o)), beside(o.handling, every)) for o in api.operations]
        for path, does in asked:
            if does.admitted:
                yield path, does.admitted, True
            if does.refused:
                yield path, does.refused, False


def _path(path: str) -> str:
    """A template; a parameter stands for anything but a slash, a wildcard for that too."""
    wild = path.endswith(("*", "*}"))
    plain = path[: path.rindex("/")] if wild else path
    told = _PARAMETER.sub("[^/?]+", re.escape(plain.lower()))
    return told + (_BELOW if wild else _WHOLE)


def _rule(at: int, path: str, ranges: tuple[str, ...], admits: bool) -> Json:
    return {
        "name": f"addresses{at}",
        "priority": at,
        "ruleType": "MatchRule",
        "state": "Enabled",
        "action": "Block",
        "matchConditions": [
            _condition("RequestUri", "Regex", [f"^{path}"], False, ["UrlDecode", "Lowercase"]),
            _condition("RemoteAddr", "IPMatch", list(ranges), admits, []),
        ],
    }


def _condition(
    variable: str, operator: str, values: list[str], negated: bool, transforms: list[str]
) -> Json:
    return {
        "matchVariables": [{"variableName": variable}],
        "operator": operator,
        # The resource type spells it so.
        "negationConditon": negated,
        "matchValues": values,
        "transforms": transforms,
    }
