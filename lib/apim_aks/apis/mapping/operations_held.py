"""Which operations API Management holds for those of an API: some of ours are several there.

No operation of it answers any method, and a wildcard does not match the path that it stands
behind: `/*` and `/{*path}` answer everything below the path of an API, not that path itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from apim_aks.apis.mapping.model import PREFLIGHT, WILDCARD
from apim_aks.apis.mapping.operation_names import OperationKey
from apim_aks.facts import arm_defaults
from apim_aks.workload.url_template import before_wildcard, has_wildcard, template_key


def built(
    keys: Iterable[OperationKey], cors: bool = False
) -> dict[OperationKey, tuple[OperationKey, ...]]:
    """For each method and template of one API those that are built, no two of them the same.

    Where `cors` answers preflight, no operation is built that answers OPTIONS in its place.
    """
    given = tuple(keys)
    taken = {(method, template_key(path)) for method, path in given}
    result: dict[OperationKey, tuple[OperationKey, ...]] = {}
    for method, template in given:
        each = _any(cors) if method == WILDCARD.method else (method,)
        own, beside = [(m, template) for m in each], []
        for m in each if has_wildcard(template) else ():
            key = m, template_key(before_wildcard(template))
            if key not in taken:
                taken.add(key)
                beside.append((m, before_wildcard(template)))
        result[method, template] = (*own, *beside)
    return result


def _any(cors: bool) -> tuple[str, ...]:
    return tuple(m for m in arm_defaults().any_method if not (cors and m == PREFLIGHT))
