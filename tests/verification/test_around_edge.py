"""Front Door before the gateway: what is proved of every allowed row, and what breaks the proof."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from apim_aks.artefacts.arm_templates import arm_templates
from apim_aks.artefacts.policies import PolicyDocument, policies
from apim_aks.decision.design import Placement, design
from apim_aks.facts.choices import choice_rows
from apim_aks.options import option
from apim_aks.options.choices import Choices
from apim_aks.reachability.gateway_entry import Opened, entry_from_internet
from apim_aks.reachability.templates.network import AzureNetwork
from apim_aks.reachability.templates.network_values import (
    ApiManagement,
    SecurityGroup,
    SecurityRule,
    Subnet,
)
from apim_aks.reachability.templates.unknown import Unknown
from apim_aks.topology.check import State
from apim_aks.verification.around_edge import judged_entry, unasked_apis
from apim_aks.verification.checks import check_option
from apim_aks.verification.sent import Texts
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Pin

ROWS = [
    (id, Choices("front-door", inbound, entry))
    for row in choice_rows()
    if row.standing == "allowed" and "front-door" in row.edges
    for id in row.options
    for inbound in row.inbounds
    for entry in row.entries
]
OPENED = {"private-endpoint": Opened.NOBODY, "public": Opened.EVERYBODY, "injected": Opened.TAGGED}


@cache
def fronted(id: str, choices: Choices) -> Placement:
    pin = Pin(edge=choices.edge, inbound=choices.inbound, entry=choices.entry)
    asked = replace(read_workload("contoso-orders"), pins=((id, pin),))
    made = design(asked, [option(id)])
    failed = [c for c in check_option(made, id) if c.state is State.FAIL]
    assert failed == [], failed
    return made.placement(id)


def network(placement: Placement) -> AzureNetwork:
    assert placement.proved.proof is not None and placement.proved.proof.site.azure is not None
    return placement.proved.proof.site.azure


def test_there_are_rows_for_every_way_behind_front_door() -> None:
    assert {choices.inbound for _, choices in ROWS} == set(OPENED) and len(ROWS) == 13


@pytest.mark.parametrize(("id", "choices"), ROWS, ids=str)
def test_what_is_open_is_said_and_a_header_refuses_it(id: str, choices: Choices) -> None:
    placement = fronted(id, choices)
    azure, texts = network(placement), Texts.of(policies(placement))
    entry, unasked = entry_from_internet(azure), tuple(unasked_apis(texts))
    assert entry.opened is OPENED[choices.inbound] and azure.not_understood == ()
    assert bool(unasked) == (choices.inbound == "private-endpoint")
    found = judged_entry(entry, unasked)
    assert found.state is State.PASS
    # what is open is never called closed
    assert ("a credential refuses" in found.seen) == (entry.opened is not Opened.NOBODY)
    assert placement.topology.gateway_is_public == (entry.opened is not Opened.NOBODY)


def without(document: PolicyDocument, pattern: str, put: str = "") -> PolicyDocument:
    changed = re.sub(pattern, put, document.xml, flags=re.S)
    return replace(document, xml=changed)


BROKEN = {
    "the check dropped": (r"<check-header.*?</check-header>", ""),
    "another header": ("X-Azure-FDID", "X-Azure-Ref"),
    "an id that nobody sets": ("{{front-door-id}}", "{{other-id}}"),
    "any id beside": ("<value>{{front-door-id}}</value>", r"\g<0><value>x</value>"),
    "under a condition": (
        r"<check-header.*?</check-header>",
        r'<choose><when condition="@(true)">\g<0></when></choose>',
    ),
    "after an answer": (r"<check-header", r"<return-response />\g<0>"),
    "another status": ('failed-check-httpcode="403"', 'failed-check-httpcode="200"'),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_header_that_is_not_asked_for_fails_the_check(broken: str) -> None:
    placement = fronted("v2-integration", Choices("front-door", "public", "per-service"))
    documents = tuple(without(d, *BROKEN[broken]) for d in policies(placement))
    assert documents != policies(placement)
    unasked = tuple(unasked_apis(Texts.of(documents)))
    assert "orders" in unasked and "customers" in unasked
    found = judged_entry(entry_from_internet(network(placement)), unasked)
    assert found.state is State.FAIL and "X-Azure-FDID" in found.seen


def test_an_api_without_what_stands_around_it_is_named() -> None:
    placement = fronted("v2-integration", Choices("front-door", "public", "per-service"))
    documents = [
        without(d, r"<base\s*/>") if (d.scope, d.subject) == ("api", "orders") else d
        for d in policies(placement)
    ]
    unasked = set(unasked_apis(Texts.of(documents)))
    assert unasked and all(one.partition("/")[0] == "orders" for one in unasked)


def changed(azure: AzureNetwork, kind: type, **to: object) -> AzureNetwork:
    held = tuple(replace(v, **to) if isinstance(v, kind) else v for v in azure.held)
    return replace(azure, held=held)


UNKNOWN = Unknown("a parameter")


def entries() -> Iterator[tuple[str, AzureNetwork, Opened]]:
    shut = network(fronted("v2-integration", Choices("front-door", "private-endpoint")))
    yield (
        "public access left open",
        changed(shut, ApiManagement, public_access="Enabled"),
        (Opened.EVERYBODY),
    )
    yield "public access unsaid", changed(shut, ApiManagement, public_access=None), Opened.EVERYBODY
    yield "by a parameter", changed(shut, ApiManagement, public_access=UNKNOWN), Opened.UNKNOWN
    yield "an unknown mode", changed(shut, ApiManagement, mode=UNKNOWN), Opened.UNKNOWN
    held = tuple(v for v in shut.held if not isinstance(v, ApiManagement))
    yield "there already", replace(shut, held=held), Opened.UNKNOWN
    inside = network(fronted("vnet-external", Choices("front-door", "injected")))
    rules = tuple(
        replace(v, sources=("Internet",)) if "external-in-443" in v.id else v for v in inside.held
    )
    yield "the internet admitted", replace(inside, held=rules), Opened.EVERYBODY
    rules = tuple(v for v in inside.held if "external-in-443" not in v.id)
    yield "nobody admitted", replace(inside, held=rules), Opened.NOBODY
    yield "no group", changed(inside, Subnet, security_group=""), Opened.EVERYBODY
    rules = tuple(v for v in inside.held if not isinstance(v, SecurityGroup))
    yield "an unknown group", replace(inside, held=rules), Opened.UNKNOWN
    yield "unknown sources", changed(inside, SecurityRule, sources=(UNKNOWN,)), Opened.UNKNOWN
    yield "internal mode", changed(inside, ApiManagement, mode="Internal"), Opened.NOBODY


def test_what_the_templates_open_is_read_back() -> None:
    assert {name: entry_from_internet(azure).opened for name, azure, _ in entries()} == {
        name: opened for name, _, opened in entries()
    }


def test_a_gateway_left_open_behind_private_link_fails() -> None:
    azure = next(entries())[1]
    placement = fronted("v2-integration", Choices("front-door", "private-endpoint"))
    unasked = tuple(unasked_apis(Texts.of(policies(placement))))
    found = judged_entry(entry_from_internet(azure), unasked)
    assert found.state is State.FAIL and "any host on the internet" in found.seen
    unknown = replace(entry_from_internet(azure), opened=Opened.UNKNOWN)
    assert judged_entry(unknown, unasked).state is State.NOT_RUN
    assert judged_entry(unknown, ()).state is State.PASS


def test_the_id_of_the_profile_is_handed_over_before_any_api_asks_for_it() -> None:
    placement = fronted("public-services", Choices("front-door", "public"))
    stages = arm_templates(placement)
    names = [s.name for s in stages]
    edge = next(s for s in stages if s.name == "24-edge")
    (value,) = [r for r in edge.resources if r["type"].endswith("namedValues")]
    assert value["properties"]["value"].endswith(".frontDoorId]")
    assert names.index("24-edge") < names.index("30-apis-01")
    assert not any("frontDoorId" in str(s.parameters) for s in stages)
