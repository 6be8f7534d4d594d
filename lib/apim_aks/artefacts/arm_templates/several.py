"""Names of operations for which several are built: for any method, and beside a wildcard."""

from __future__ import annotations

from collections.abc import Mapping

from apim_aks.apis.document import operation_name
from apim_aks.apis.mapping.model import WILDCARD
from apim_aks.apis.mapping.operation_names import OperationKey, apart
from apim_aks.apis.mapping.operations_held import built
from apim_aks.facts import template_limit

ROOT = "root"
"""What the name of an operation says that answers the path before a wildcard."""


def several(
    ids: Mapping[OperationKey, str], cors: bool = False
) -> dict[str, dict[OperationKey, str]]:
    """For the name of each such operation what is built for it, each with a name like no other's.

    `ids` are the operationIds of one API by method and template; with `cors` none answers OPTIONS.
    """
    taken = {operation_name(id) for id in ids.values()}
    found: dict[str, dict[OperationKey, str]] = {}
    for key, each in built(ids, cors).items():
        if each != (key,):
            name = operation_name(ids[key])
            found[name] = {made: _name(name, key, made, taken) for made in each}
    return found


def _name(name: str, key: OperationKey, made: OperationKey, taken: set[str]) -> str:
    (asked, template), (method, path) = key, made
    marks = [ROOT] if path != template else []
    marks += [method.lower()] if asked == WILDCARD.method else []
    return _free(name, "-".join(marks), made, taken) if marks else name


def _free(name: str, mark: str, made: OperationKey, taken: set[str]) -> str:
    """The operation's name with a mark behind; a fingerprint where that is too long or taken."""
    own = f"{name}-{mark}"
    if len(own) > template_limit("operation-id").number or own in taken:
        own = apart(own, made, taken)
    taken.add(own)
    return own
