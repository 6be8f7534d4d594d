"""Every way of settling a promise has one function, and no function waits for a promise."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from types import ModuleType
from typing import Any

from apim_aks.decision.design import design
from apim_aks.topology import Aspect, Derived, DesignRule, ProbeRequest
from apim_aks.verification import (
    around_edge,
    azure_resources,
    backends,
    callers,
    deploying,
    derived,
    probes,
)
from tests.support.scenario import shop


def modules(package: ModuleType) -> Iterator[ModuleType]:
    for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(info.name)


def functions(module: ModuleType, *signature: str) -> Iterator[Callable[..., Any]]:
    """The functions written in a module that end in these types, arguments first."""
    for found in vars(module).values():
        if getattr(found, "__module__", "") == module.__name__ and callable(found):
            types = tuple(getattr(found, "__annotations__", {}).values())
            if types[-len(signature) :] == signature:
                yield found


def plain(handler: Any) -> Any:
    """The function itself, without where it is asked from and what it is asked with."""
    while isinstance(handler, partial):
        handler = handler.args[0] if handler.func is probes._placed else handler.func
    return handler


def names(found: Any) -> set[str]:
    return {f"{f.__module__}.{f.__name__}" for f in found}


def test_every_request_has_a_probe_and_every_probe_a_request() -> None:
    assert list(probes.PROBES) == list(ProbeRequest)
    written = (functions(m, "LiveScene", "Probe", "Verdict") for m in modules(probes))
    assert names(plain(p) for p in probes.PROBES.values()) == names(f for m in written for f in m)


def test_every_aspect_has_a_function_and_every_function_an_aspect() -> None:
    assert list(azure_resources.ASPECTS) == list(Aspect)
    written = [f for m in modules(azure_resources) for f in functions(m, "LiveScene", "Verdict")]
    public = [f for f in written if not f.__name__.startswith("_")]
    assert names(azure_resources.ASPECTS.values()) == names(public)
    assert len(set(azure_resources.ASPECTS.values())) == len(Aspect)


_ASKED = ("Design", "Placement")


def test_every_rule_has_a_function_and_every_function_a_rule() -> None:
    assert list(derived.RULES) == list(DesignRule)
    proved = [
        f
        for m in (callers, deploying, backends, around_edge, derived)
        for f in functions(m, *_ASKED, "Verdict")
    ]
    written = [*functions(derived, *_ASKED, "Seen"), *proved]
    assert names(derived.RULES.values()) == names(written)
    assert len(set(derived.RULES.values())) == len(DesignRule)


def test_every_rule_is_promised_by_an_option() -> None:
    plain = shop()
    tunnelled = replace(plain, azure=replace(plain.azure, egress="firewall"))
    placements = [p for asked in (plain, tunnelled) for p in design(asked).placements]
    tests = [e.test for p in placements for e in p.topology.expectations]
    assert {t.rule for t in tests if isinstance(t, Derived)} == set(DesignRule)


def test_ids_are_one_word_and_words_are_for_readers() -> None:
    for request in ProbeRequest:
        assert request == request.value == request.name.lower().replace("_", "-")
        assert " " in request.words
