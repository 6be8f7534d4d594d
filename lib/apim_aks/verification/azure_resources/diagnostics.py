"""Logs of calls: complete, with the correlation id, without secrets, kept in the workspace."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.artefacts.arm_templates.backends import LOGGER
from apim_aks.artefacts.arm_templates.monitoring import SETTINGS
from apim_aks.artefacts.arm_templates.products import SECRET_PARAMETERS, SECRETS
from apim_aks.artefacts.policies.expressions import name
from apim_aks.remote.azure import Json
from apim_aks.verification.answers import each, gone, inside, looked, other, rows, said, same, words
from apim_aks.verification.resource_ids import ResourceIds, ground
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict

_SIDES = ("frontend.request", "frontend.response", "backend.request", "backend.response")
_CATEGORIES = frozenset({"gatewaylogs", "alllogs"})
_COMPLETE = 100


def diagnostics(scene: LiveScene) -> Verdict:
    """Whether each call is logged as designed and sent to the workspace."""
    place = ground(scene)
    wrong = [*each((place,), _logger)]
    wrong += each(_settings(place), lambda id: _diagnostic(id, place))
    if place.own_gateway:
        wrong += each(_of_apis(place), lambda id: _instead(id, place))
    wrong += each((place,), _workspace)
    fine = f"every call with {name('correlation-header')}, without keys, tokens and bodies"
    return looked(wrong, fine)


def _logger(place: ResourceIds) -> Iterator[str]:
    id = place.child("loggers", LOGGER)
    found = place.scene.azure.resource(id)
    if found is None:
        yield from gone(id)
    else:
        kind = inside(found, "properties.loggerType")
        yield from other(f"the type of logger {LOGGER}", kind, "azureMonitor")


def _settings(place: ResourceIds) -> tuple[str, ...]:
    """The settings of the whole service if it was created here, else of each API."""
    if place.own_gateway:
        return (place.child("diagnostics", LOGGER),)
    return _of_apis(place)


def _of_apis(place: ResourceIds) -> tuple[str, ...]:
    apis = place.scene.design.mapping.apis
    return tuple(f"{place.child('apis', a.id)}/diagnostics/{LOGGER}" for a in apis)


def _instead(id: str, place: ResourceIds) -> Iterator[str]:
    """Settings of single APIs, which replace those of the whole service."""
    if place.scene.azure.resource(id) is not None:
        api = said(id.split("/")[-3])
        yield from (f"API {api} by itself: {wrong}" for wrong in _diagnostic(id, place))


def _diagnostic(id: str, place: ResourceIds) -> Iterator[str]:
    found = place.scene.azure.resource(id)
    if found is None:
        yield from gone(id)
        return
    wanted = place.child("loggers", LOGGER)
    yield from other("the logger", inside(found, "properties.loggerId"), wanted)
    share = inside(found, "properties.sampling.percentage")
    if share != _COMPLETE:
        yield f"{said(share)} % of the calls are logged, designed: {_COMPLETE} %"
    for side in _SIDES:
        yield from _message(side, inside(found, f"properties.{side}"))


def _message(side: str, found: object) -> Iterator[str]:
    where = side.replace(".", " ")
    logged = {w.lower() for w in words(inside(found, "headers"))}
    if name("correlation-header").lower() not in logged:
        yield f"{where}: {name('correlation-header')} is not logged"
    secret = [h for _, h in SECRETS]
    yield from (f"{where}: {h} is logged" for h in secret if h.lower() in logged)
    if (bytes_ := inside(found, "body.bytes")) is None:
        yield f"{where}: bodies are not excluded explicitly"
    elif bytes_ != 0:
        yield f"{where}: bodies are logged"
    yield from _unmasked(where, found, "headers", secret)
    yield from _unmasked(where, found, "queryParams", SECRET_PARAMETERS)


def _unmasked(
    where: str, found: object, kind: str, secret: list[str] | tuple[str, ...]
) -> Iterator[str]:
    masked = {
        str(m.get("value")).lower()
        for m in rows(found, f"dataMasking.{kind}")
        if same(m.get("mode"), "Hide") or same(m.get("mode"), "Mask")
    }
    yield from (f"{where}: {s} is not masked" for s in secret if s.lower() not in masked)


def _workspace(place: ResourceIds) -> Iterator[str]:
    listed = place.scene.azure.children(place.gateway, SETTINGS) or ()
    kept = [s for s in listed if any(_kept(entry) for entry in rows(s, "properties.logs"))]
    targets = [inside(s, "properties.workspaceId") for s in kept]
    if not any(targets):
        yield "no diagnostic setting sends GatewayLogs to a workspace"
    elif place.own_gateway and not any(same(t, place.workspace) for t in targets):
        yield f"GatewayLogs go to {said(targets)}, designed: {said(place.workspace)}"


def _kept(entry: Json) -> bool:
    category = str(entry.get("category") or entry.get("categoryGroup") or "").lower()
    return category in _CATEGORIES and entry.get("enabled") is True
