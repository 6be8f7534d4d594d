import re
from dataclasses import replace

import pytest

from apim_aks.topology import (
    Auth,
    Component,
    DnsName,
    Exposure,
    Kind,
    Link,
    NetworkRule,
    Protocol,
    Reach,
    Topology,
    Zone,
    ZoneKind,
)

OUTSIDE = Zone("internet", "Internet", ZoneKind.INTERNET)
CALLER = Component(
    id="caller", label="Caller", kind=Kind.CONSUMER, zone="internet", exposure=Exposure.NONE
)
GATE = Component(
    id="gate",
    label="Gateway",
    kind=Kind.GATEWAY,
    zone="internet",
    exposure=Exposure.PUBLIC,
    reach=Reach.INTERNET,
)
BACK = Component(
    id="svc",
    label="orders",
    kind=Kind.SERVICE,
    zone="internet",
    service="shop/orders",
    in_cluster=True,
)
IN = Link(
    source="caller", target="gate", protocol=Protocol.HTTPS, port=443, auth=(Auth.SUBSCRIPTION_KEY,)
)
ON = Link(source="gate", target="svc", protocol=Protocol.HTTP, port=80)
GOOD = Topology(
    option="toy", mode="none", zones=(OUTSIDE,), components=(CALLER, GATE, BACK), links=(IN, ON)
)


def test_link_to_a_component_it_does_not_have_is_refused() -> None:
    stray = Link(source="gate", target="nowhere", protocol=Protocol.HTTP, port=80)
    with pytest.raises(
        ValueError, match=re.escape("toy: link gate -> nowhere refers to 'nowhere'")
    ):
        replace(GOOD, links=(IN, stray))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"zones": (OUTSIDE, OUTSIDE)}, "zone 'internet' occurs twice"),
        ({"zones": (replace(OUTSIDE, parent="mars"),)}, "zone internet refers to 'mars'"),
        ({"components": (CALLER, GATE, BACK, GATE)}, "component 'gate' occurs twice"),
        ({"components": (CALLER, GATE, replace(BACK, zone="x"))}, "component svc refers to 'x'"),
        ({"names": (DnsName("a.b", "x", True, "all"),)}, "name a.b refers to 'x'"),
        (
            {
                "rules": (
                    NetworkRule(
                        subnet="x",
                        direction="In",
                        priority=1,
                        access="Allow",
                        protocol="TCP",
                        source="*",
                        destination="*",
                        port="1",
                        reason="why",
                        required=True,
                    ),
                )
            },
            "rule 1 refers to 'x'",
        ),
    ],
)
def test_what_a_topology_does_not_have_is_refused(changes: dict, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        replace(GOOD, **changes)


def test_request_path_goes_through_the_gateway() -> None:
    assert GOOD.request_path("shop/orders") == (IN, ON)


def test_a_bypass_is_no_request_path() -> None:
    around = Link(source="caller", target="svc", protocol=Protocol.HTTP, port=80, bypass=True)
    assert replace(GOOD, links=(around,)).request_path("shop/orders") == ()


def test_an_arrow_says_protocol_port_and_authentication() -> None:
    assert IN.label == "HTTPS 443, subscription key"
    assert ON.label == "HTTP 80, no authentication"
    assert not IN.pinned
    assert replace(ON, auth=(Auth.CLIENT_CERTIFICATE,)).pinned
