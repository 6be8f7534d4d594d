"""What a caller must show: alternatives of schemes and scopes, whatever the schemes are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apim_aks.apis.contract.components import Components
from apim_aks.apis.contract.finding import Found, text
from apim_aks.apis.contract.shape import canonical

Alternative = frozenset[tuple[str, str]]


def security_changes(
    before: Components,
    before_operation: Mapping[str, Any],
    after: Components,
    after_operation: Mapping[str, Any],
) -> Iterator[Found]:
    """The changes to the credentials that callers must present."""
    b, a = _alternatives(before, before_operation), _alternatives(after, after_operation)
    if b == a:
        return
    words = (_words(b), _words(a))
    if lost := [one for one in b if not any(other <= one for other in a)]:
        yield Found(f"security-{'added' if frozenset() in lost else 'tightened'}", *words)
    else:
        yield Found("security-loosened", *words)


def _alternatives(components: Components, operation: Mapping[str, Any]) -> frozenset[Alternative]:
    """Each a set of scheme and scope; an empty one asks for nothing."""
    told = operation.get("security", components.body.get("security"))
    listed = [r for r in told if isinstance(r, Mapping)] if isinstance(told, list) else []
    return frozenset(frozenset(_needs(components, r)) for r in listed) or frozenset({frozenset()})


def _needs(components: Components, requirement: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, scopes in requirement.items():
        scheme = _scheme(components, str(name))
        yield scheme, ""
        for scope in scopes if isinstance(scopes, list) else ():
            yield scheme, str(scope)


def _scheme(components: Components, name: str) -> str:
    """The scheme by what it demands; a name without a scheme stands for itself."""
    schemes = components.mapping(
        components.mapping(components.body.get("components")).get("securitySchemes")
    )
    told = components.mapping(schemes.get(name))
    if not told:
        return name
    kept = {k: told[k] for k in ("type", "in", "name", "openIdConnectUrl") if k in told}
    flows = components.mapping(told.get("flows"))
    ends = {
        kind: {k: v for k, v in flow.items() if str(k).endswith("Url")}
        for kind, flow in flows.items()
        if isinstance(flow, Mapping)
    }
    kept |= {"scheme": str(told["scheme"]).lower()} if "scheme" in told else {}
    return canonical({**kept, **ends})


def _words(alternatives: frozenset[Alternative]) -> str:
    """The alternatives in the words of their schemes."""
    said = (" and ".join(sorted(map(_need, one))) or "nothing" for one in alternatives)
    return text(", or ".join(sorted(said)))


def _need(need: tuple[str, str]) -> str:
    return need[1] and f"scope {need[1]}" or need[0].translate({ord(c): None for c in '{}"'})
