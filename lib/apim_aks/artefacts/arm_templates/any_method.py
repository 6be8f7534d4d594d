"""Operations that stand for any method: one for each, since no operation can be all of them."""

from __future__ import annotations

from collections.abc import Mapping

from apim_aks.apis.document import operation_name
from apim_aks.apis.mapping.operation_names import OperationKey
from apim_aks.facts import arm_defaults, template_limit

ANY = "*"


def methods() -> tuple[str, ...]:
    """The methods that stand together for any."""
    return arm_defaults().any_method


def method_names(ids: Mapping[OperationKey, str]) -> dict[str, dict[str, str]]:
    """For the name of each operation of any method, a name for each method, like no other's.

    `ids` are the operationIds of one API by method and template.
    """
    taken = {operation_name(id) for id in ids.values()}
    found: dict[str, dict[str, str]] = {}
    for (method, _), id in ids.items():
        if method == ANY:
            name = operation_name(id)
            found[name] = {m: _free(name, m.lower(), taken) for m in methods()}
    return found


def _free(name: str, method: str, taken: set[str]) -> str:
    """The operation's name with its method behind, cut to fit; a number where that is taken."""
    longest, number, suffix = template_limit("operation-id").number, 1, f"-{method}"
    while (made := name[: longest - len(suffix)].rstrip("-") + suffix) in taken:
        number += 1
        suffix = f"-{method}-{number}"
    taken.add(made)
    return made
