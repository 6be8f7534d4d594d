"""Lists of callers' addresses behind an edge: its firewall asks for them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from apim_aks.artefacts.arm_templates import arm_templates
from apim_aks.artefacts.arm_templates.edge_rules import address_rules
from apim_aks.artefacts.policies import policies
from apim_aks.decision.design import Design, design
from apim_aks.options import option
from apim_aks.workload.file import read_workload
from apim_aks.workload.handling import Handling
from apim_aks.workload.model import Pin
from tests.support.designs import bundled
from tests.support.front_door_schema import shape_errors


def retail() -> Design:
    return bundled("contoso-retail")


def rules(option: str) -> list[dict[str, Any]]:
    every = (r for s in arm_templates(retail().placement(option)) for r in s.resources)
    walls = (r for r in every if r["type"].endswith("WebApplicationFirewallPolicies"))
    return [rule for wall in walls for rule in wall["properties"].get("customRules", ())]


def test_the_firewall_of_the_edge_asks_for_the_callers_of_the_partner_feed() -> None:
    (rule,) = rules("vnet-internal")
    called, address = rule["matchConditions"]
    assert rule["action"] == "Block" and address["negationConditon"] is True
    assert address["matchValues"] == ["198.51.100.0/24", "203.0.113.64/26"]
    (path,) = called["matchValues"]
    assert re.match(path, "/feeds/today") and re.match(path, "/feeds?x=1")
    assert not re.match(path, "/feeds-of-others")


@pytest.mark.parametrize(
    ("option", "edge"), [("vnet-internal", 6), ("v2-injection", 7), ("vnet-external", None)]
)
def test_the_gateway_admits_what_the_edge_in_front_lets_through(
    option: str, edge: int | None
) -> None:
    text = {p.name: p.xml for p in policies(retail().placement(option))}["api-partner-feed.xml"]
    found = re.search(r'from="10\.40\.(\d)\.0" to="10\.40\.\1\.255"', text)
    assert (int(found[1]) if found else None) == edge


def test_an_operation_with_a_list_of_its_own_has_a_rule_of_its_own() -> None:
    api = next(a for a in retail().mapping.apis if len(a.operations) > 2)
    first, *rest = api.operations
    one = replace(first, template="/a.b/{id}", handling=Handling(refused=("10.0.0.0/8",)))
    plain = [replace(o, handling=Handling()) for o in rest]
    (rule,) = address_rules([replace(api, path="v", version="", operations=(one, *plain))])
    called, address = rule["matchConditions"]
    assert address["negationConditon"] is False
    (path,) = called["matchValues"]
    assert re.match(path, "/v/a.b/7") and not re.match(path, "/v/a.b/7/c")
    assert not re.match(path, "/v/axb/7")


def test_front_door_asks_for_callers_by_the_address_that_opened_the_connection() -> None:
    pin = Pin(edge="front-door", inbound="public")
    asked = replace(read_workload("contoso-retail"), pins=(("v2-integration", pin),))
    where = design(asked, [option("v2-integration")]).placement("v2-integration")
    every = (r for s in arm_templates(where) for r in s.resources)
    (wall,) = [r for r in every if r["type"].endswith("FirewallPolicies")]
    assert shape_errors(wall) == []
    (rule,) = wall["properties"]["customRules"]["rules"]
    called, address = rule["matchConditions"]
    assert rule["action"] == "Block" and address["negateCondition"] is True
    assert address["matchVariable"] == "SocketAddr"  # RemoteAddr is what a header says
    assert address["matchValue"] == ["198.51.100.0/24", "203.0.113.64/26"]
    (path,) = called["matchValue"]
    for before in ("", "https://edge.example", "https://edge.example:443"):
        assert re.match(path, f"{before}/feeds/today") and not re.match(path, f"{before}/feed")
    # the gateway sees Front Door's addresses alone, whatever they are
    assert not any("ip-filter" in p.xml for p in policies(where))
