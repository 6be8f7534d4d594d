"""Whether the gateway reaches every published Service and its own dependencies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apim_aks.artefacts.policies import policies
from apim_aks.decision.design import Design, Placement
from apim_aks.errors import InputError
from apim_aks.facts.templates import gateway_dependency
from apim_aks.listing import counted, shown
from apim_aks.options.entra import entra_tenant
from apim_aks.reachability.backends import Passage, Passages
from apim_aks.reachability.hops import Hop, Step
from apim_aks.reachability.reach import Answer
from apim_aks.verification.sent import Texts, targets
from apim_aks.verification.verdict import Verdict, judged, not_run

_HOW = "proved from the templates, the policies and the applied manifests, hop by hop"
_METADATA = "/.well-known/openid-configuration"
_NO_OBJECTS = "no manifest was read, so that the pods behind the Services are unknown"


@dataclass(frozen=True, slots=True)
class Led:
    """A published operation, by its API's method and template, and its paths to back ends."""

    called: str
    passages: tuple[Passage, ...]


def gateway_reaches_backends(design: Design, placement: Placement) -> Verdict:
    """Whether every operation reaches its Service from the gateway; else the broken hop."""
    proof = placement.proved.proof
    if proof is None or placement.proved.refused:
        return not_run(placement.proved.refused or _NO_OBJECTS, _HOW)
    try:
        texts = Texts.of(policies(placement))
    except InputError as error:
        return not_run(str(error), _HOW)
    passages = Passages(proof)
    led = tuple(_led(placement, texts, passages))
    needed = dict(_dependencies(texts, passages))
    for answer in (Answer.CLOSED, Answer.UNKNOWN):
        if words := [*_broken(led, answer), *_cut(needed, answer)]:
            said = shown(words)
            return judged(False, said, _HOW) if answer is Answer.CLOSED else not_run(said, _HOW)
    return judged(True, _seen(led), _HOW)


def _led(placement: Placement, texts: Texts, passages: Passages) -> Iterator[Led]:
    for operation, meant in targets(texts, placement):
        found = tuple(passage for target in meant for passage in passages.of(target))
        yield Led(f"{operation.method} {operation.template} of {operation.service}", found)


def _broken(led: tuple[Led, ...], answer: Answer) -> Iterator[str]:
    """For each broken hop the first operation that fails there, and the number of others."""
    ends: dict[str, list[str]] = {}
    for one in led:
        if not one.passages and answer is Answer.CLOSED:
            ends.setdefault("the policies name no back end", []).append(one.called)
        for passage in one.passages:
            if passage.broken and passage.answer is answer:
                ends.setdefault(str(passage.broken), []).append(one.called)
    for hop, called in ends.items():
        more = len(set(called)) - 1
        yield f"{called[0]}{f' and {more} more' if more else ''}: {hop}"


def _cut(needed: dict[str, Hop], answer: Answer) -> Iterator[str]:
    for name, hop in needed.items():
        # If the gateway itself is unknown, every operation reports it.
        if hop.answer is answer and hop.step is Step.OUTBOUND:
            yield f"{name}: {hop}"


def _dependencies(texts: Texts, passages: Passages) -> Iterator[tuple[str, Hop]]:
    """Key Vault, Entra ID and every other issuer whose metadata the policies read."""
    named = {"Key Vault": "key-vault", "Entra ID": "entra-id"}
    for url in texts.metadata():
        if entra_tenant(url.removesuffix(_METADATA)) is None:
            named[f"the issuer of tokens at {url}"] = "issuer"
    for name, id in named.items():
        row = gateway_dependency(id)
        yield name, passages.dependency(row.tag, row.port)


def _seen(led: tuple[Led, ...]) -> str:
    """The numbers of operations and Services that are reached, and the hops of one."""
    passages = [passage for one in led for passage in one.passages]
    services = {passage.target.service for passage in passages}
    said = f"{counted(len(led), 'operation')} of {counted(len(services), 'Service')} open"
    if not passages:
        return said
    hops = ", ".join(dict.fromkeys(hop.step.value for hop in passages[0].hops))
    packet = passages[0].packet
    return f"{said}; {hops}; {packet}" if packet else f"{said}; {hops}"
