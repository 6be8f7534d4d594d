"""Test calls through the new path: one read per back end of each API, at the gateway or a host."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apim_aks.apis.mapping import Api
from apim_aks.listing import counted
from apim_aks.remote.calls import Outcome
from apim_aks.verification.probes.operations import Asked, reading_of
from apim_aks.verification.probes.through import key_of, sent, unable
from apim_aks.verification.scene import LiveScene

_REFUSALS = (401, 403, 429)


@dataclass(frozen=True, slots=True)
class Control:
    """Whether a back end of an API answered a call with key and token; None if none can be made.

    `api` is the API, with the Service behind it where it has several. `by_hand` says that none of
    its operations only reads: a person has to call it.
    """

    api: str
    served: bool | None
    words: str
    by_hand: bool = False


def controls(
    scene: LiveScene, host: str = "", services: tuple[str, ...] = ()
) -> tuple[Control, ...]:
    """Calls each back end of each API, or of those of these Services, at a host or at the gateway.

    Raises:
        AzureRefused: the gateway's address cannot be read from Azure.
    """
    found = tuple(_backends(_concerned(scene, services)))
    if why := unable(scene) or key_of(scene)[1]:
        return tuple(Control(name, None, why) for name, _, _ in found)
    return tuple(_control(scene, name, reading_of(api, id), host) for name, api, id in found)


def _concerned(scene: LiveScene, services: tuple[str, ...]) -> Iterator[Api]:
    for api in scene.placement.mapping.apis:
        if not services or set(api.services) & set(services):
            yield api


def _backends(apis: Iterable[Api]) -> Iterator[tuple[str, Api, str]]:
    """Each Service behind each API: `orders`, or `orders:shop/placing` where it has several."""
    for api in apis:
        behind = tuple(dict.fromkeys(o.service for o in api.operations))
        for service in behind:
            yield (api.id if len(behind) == 1 else f"{api.id}:{service}"), api, service


def _control(scene: LiveScene, name: str, asked: Asked | None, host: str) -> Control:
    if asked is None:
        return Control(name, None, "none of its operations only reads", by_hand=True)
    outcome = sent(scene, asked, key_of(scene)[0], host).outcome
    return Control(name, served(asked, outcome), f"{asked.words} {outcome.words}")


def served(asked: Asked, outcome: Outcome) -> bool:
    """Whether a back end answered, even if it rejects an invented parameter.

    An error of the gateway itself carries its reason.
    """
    if not outcome.answered or outcome.status in _REFUSALS or outcome.reason:
        return False
    return outcome.status < (500 if asked.invented else 400)


def lacking(found: tuple[Control, ...]) -> str:
    """The APIs that did not answer, or why none could be called; empty if all answered."""
    failed = [f"{c.api}: {c.words}" for c in found if c.served is False]
    if failed:
        return "; ".join(failed)
    asked = [c for c in found if not c.by_hand]
    if asked and not any(c.served for c in asked):
        return asked[0].words
    return ""


def uncalled(apis: Iterable[Api]) -> tuple[str, ...]:
    """The back ends of APIs that nothing calls without a change: a person has to."""
    return tuple(name for name, api, id in _backends(apis) if reading_of(api, id) is None)


def seen(found: tuple[Control, ...]) -> str:
    """How many answered, and which cannot be called, in words."""
    silent = [c.api for c in found if c.served is None]
    more = f"; not_run, since no operation only reads: {', '.join(silent)}" if silent else ""
    if more:
        more += "; make one call by hand, which cutover asks for (--called)"
    answered = sum(c.served is True for c in found)
    return f"{answered} of {counted(len(found), 'back end')} of APIs answered{more}"
