"""What security groups do with packets: small groups by hand, and packet by packet at random."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_aks.reachability.templates import Origin, Resource, Unknown
from apim_aks.reachability.templates.filtering import (
    Admission,
    Packets,
    Part,
    Ranges,
    Span,
    Tags,
    default_rules,
    filtered,
    ranges_of,
)
from apim_aks.reachability.templates.network import azure_network
from apim_aks.reachability.templates.network_values import SecurityRule, Subnet
from apim_aks.reachability.templates.tags import merged, tags_of, without
from tests.support.series import examples

HERE = Origin(file="network.json", path="resources[0]")
OWN, OTHER = "10.0.0.0/16", "10.9.0.0/16"


def rule(
    priority: Any, access: Any, sources: Any = "*", ports: Any = "*", **further: Any
) -> SecurityRule:
    given = {
        "id": f"rule-{priority}",
        "origin": HERE,
        "group": "g",
        "priority": priority,
        "direction": "Inbound",
        "access": access,
        "protocol": "*",
        "sources": sources if isinstance(sources, tuple) else (sources,),
        "source_ports": ("*",),
        "destinations": ("*",),
        "ports": ports if isinstance(ports, tuple) else (ports,),
    }
    return SecurityRule(**given | further)


def span(*prefixes: str) -> Ranges:
    return tuple(r for p in prefixes for r in ranges_of(p) or ())


NETWORK = Span(span(OWN), span(OWN))
TAGS = Tags(
    {
        "virtualnetwork": NETWORK,
        "azureloadbalancer": Span(span("168.63.129.16"), span("168.63.129.16")),
        "internet": Span(without(span(OWN)), without(span(OWN))),
    }
)


def decided(
    rules: Any, source: str, port: int = 80, destination: str = "10.0.1.4", **further: Any
) -> Part:
    packets = {
        "direction": "Inbound",
        "protocol": "TCP",
        "sources": span(source),
        "destinations": span(destination),
        "ports": ((port, port),),
    }
    (part,) = filtered(rules, Packets(**packets | further), TAGS)
    return part


@pytest.mark.parametrize(
    ("source", "destination", "direction", "rule"),
    [
        ("10.0.3.4", "10.0.1.4", "Inbound", "AllowVnetInBound"),
        ("168.63.129.16", "10.0.1.4", "Inbound", "AllowAzureLoadBalancerInBound"),
        ("20.1.2.3", "10.0.1.4", "Inbound", "DenyAllInBound"),
        ("10.0.1.4", "10.0.3.4", "Outbound", "AllowVnetOutBound"),
        ("10.0.1.4", "20.1.2.3", "Outbound", "AllowInternetOutBound"),
    ],
)
def test_a_group_without_rules_decides_by_azures_own(
    source: str, destination: str, direction: str, rule: str
) -> None:
    part = decided((), source, destination=destination, direction=direction)
    assert part.rule.id == rule
    assert (part.admission is Admission.ADMITTED) == rule.startswith("Allow")
    assert len(default_rules()) == 6


def test_the_lowest_number_decides_whatever_the_order() -> None:
    """Microsoft's own case: web servers open on 80 alone, and to the network on everything."""
    web = rule(100, "Allow", "Internet", "80")
    shut = rule(200, "Deny", "Internet")
    for rules in ((web, shut), (shut, web)):
        assert decided(rules, "20.1.2.3", 80).rule is web
        assert decided(rules, "20.1.2.3", 8080).rule is shut
        assert decided(rules, "10.0.3.4", 8080).rule.id == "AllowVnetInBound"
    turned = replace(shut, priority=50)
    assert decided((web, turned), "20.1.2.3", 80).admission is Admission.DENIED


def test_one_and_many_prefixes_and_ports_count_together() -> None:
    many = rule(100, "Deny", sources=("10.0.3.0/24", "10.0.9.9"), ports=("80", "8000-8080"))
    assert decided((many,), "10.0.9.9", 8040).rule is many
    assert decided((many,), "10.0.9.8", 8040).rule is not many
    assert decided((many,), "10.0.3.1", 81).rule is not many


def test_a_protocol_is_one_in_any_case_or_all() -> None:
    tcp = rule(100, "Deny", protocol="Tcp")
    assert decided((tcp,), "10.0.3.4").rule is tcp
    assert decided((tcp,), "10.0.3.4", protocol="UDP").rule is not tcp


@pytest.mark.parametrize(
    "unsure",
    [
        rule(100, "Deny", "Storage"),
        rule(100, "Deny", Unknown("office")),
        rule(100, "Deny", sources=(), source_groups=("/asg/web",)),
        rule(100, "Deny", sources=()),
        rule(100, "Deny", ports=Unknown("port")),
        rule(100, "Deny", ports="90-80"),
        rule(100, "Deny", source_ports=("1024-65535",)),
        rule(Unknown("number"), "Deny"),
        rule(None, "Deny"),
        rule(100, Unknown("access")),
        rule(100, None),
        rule(100, "Deny", direction=Unknown("direction")),
        rule(100, "Deny", direction=None),
        rule(100, "Deny", protocol=Unknown("protocol")),
        rule(100, "Deny", protocol=None),
        rule(100, "Deny", maybe=Unknown("condition")),
    ],
)
def test_what_a_rule_does_not_say_makes_the_answer_unknown_and_names_it(
    unsure: SecurityRule,
) -> None:
    part = decided((unsure,), "10.0.3.4")
    assert part.admission is Admission.UNKNOWN and part.unless == (unsure,)
    assert decided((rule(50, "Allow"), replace(unsure, priority=100)), "10.0.3.4").unless == ()
    assert decided((unsure, rule(4000, "Deny")), "10.0.3.4").admission is (
        Admission.DENIED if unsure.access == "Deny" else Admission.UNKNOWN
    )


ADDRESSES = [ip_address(a) for a in ("10.0.0.1", "10.0.0.2", "10.0.1.1", "10.9.0.1", "20.1.2.3")]
PREFIXES = ["*", "10.0.0.0/31", "10.0.0.0/24", OTHER, "VirtualNetwork", "Internet", "::/0"]
RULES = st.lists(
    st.builds(
        lambda number, *given: (number, *given),
        st.integers(100, 4096),
        st.sampled_from(["Allow", "Deny"]),
        st.sampled_from(["Inbound", "Outbound"]),
        st.sampled_from(["Tcp", "Udp", "*"]),
        st.lists(st.sampled_from(PREFIXES), min_size=1, max_size=2),
        st.lists(st.sampled_from(PREFIXES), min_size=1, max_size=2),
        st.sampled_from(["*", "80", "80-90", "91"]),
    ),
    unique_by=lambda r: r[0],
    max_size=6,
)


def holds(prefix: str, address: Any) -> bool:
    own = address in ip_network(OWN)
    tags = {"*": True, "VirtualNetwork": own, "Internet": not own, "::/0": False}
    return tags[prefix] if prefix in tags else address in ip_network(prefix)


def expected(written: Any, source: Any, target: Any, port: int) -> bool:
    """One packet against the rules, one after another."""
    for _, access, direction, protocol, sources, targets, ports in sorted(written):
        low, _, high = ("0-65535" if ports == "*" else ports).partition("-")
        if (
            direction == "Inbound"
            and protocol in ("Tcp", "*")
            and any(holds(p, source) for p in sources)
            and any(holds(p, target) for p in targets)
            and int(low) <= port <= int(high or low)
        ):
            return bool(access == "Allow")
    return holds("VirtualNetwork", source) and holds("VirtualNetwork", target)


@pytest.mark.parametrize("odd", [["TCP"], {"is": "TCP"}], ids=str)
def test_what_is_no_text_may_be_any(odd: Any) -> None:
    part = decided([rule(100, "Deny", protocol=odd)], "10.0.3.4")
    assert part.admission is Admission.UNKNOWN


@examples(30)
@given(RULES)
def test_every_packet_fares_as_rule_after_rule_says(written: Any) -> None:
    rules = [
        rule(
            n, access, direction=way, protocol=spoken, sources=(*a,), destinations=(*b,), ports=(c,)
        )
        for n, access, way, spoken, a, b, c in written
    ]
    parts = filtered(rules, Packets(direction="Inbound", protocol="TCP"), TAGS)
    for source in ADDRESSES:
        for target in ADDRESSES[:4]:
            for port in (79, 80, 91):
                (part,) = [p for p in parts if in_part(p, int(source), int(target), port)]
                wanted = expected(written, source, target, port)
                assert (part.admission is Admission.ADMITTED) == wanted


def in_part(part: Part, source: int, target: int, port: int) -> bool:
    asked = ((part.sources, source), (part.destinations, target), (part.ports, port))
    return all(any(a <= n <= b for a, b in ranges) for ranges, n in asked)


def test_all_other_addresses() -> None:
    assert merged([(5, 9), (0, 2), (3, 4), (20, 30), (22, 25)]) == ((0, 9), (20, 30))
    assert without(without([(0, 2), (7, 9)])) == ((0, 2), (7, 9))


ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network"


def made(type: str, name: str, **properties: Any) -> Resource:
    kinds, names = type.split("/"), name.split("/")
    path = "/".join(f"{k}/{n}" for k, n in zip(kinds, names, strict=True))
    return Resource(
        id=f"{ID}/{path}",
        type=f"Microsoft.Network/{type}",
        name=name,
        maybe=None,
        origin=HERE,
        held={"properties": properties}.get,
    )


def network(name: str, *prefixes: Any, subnet: str = "nodes", **further: Any) -> Resource:
    inside = {"name": subnet, "properties": {"addressPrefix": "10.0.1.0/24", **further}}
    space = {"addressPrefixes": [*prefixes]}
    return made("virtualNetworks", name, addressSpace=space, subnets=[inside])


def peering(one: str, other: str, **further: Any) -> Resource:
    far = {"id": f"{ID}/virtualNetworks/{other}"}
    told = {"remoteVirtualNetwork": far, "allowVirtualNetworkAccess": True} | further
    return made("virtualNetworks/virtualNetworkPeerings", f"{one}/to-{other}", **told)


TABLE = {"routeTable": {"id": f"{ID}/routeTables/t"}}
ROUTE = made(
    "routeTables/routes", "t/r", addressPrefix="10.77.0.0/16", nextHopType="VirtualAppliance"
)
BOTH = (network("b", OTHER), peering("a", "b"), peering("b", "a"))
HOST = "168.63.129.16"


@pytest.mark.parametrize(
    ("resources", "inside", "perhaps"),
    [
        ((network("a", OWN),), ["10.0.9.9", HOST], []),
        ((network("a", OWN), *BOTH), ["10.0.9.9", "10.9.1.1"], []),
        ((network("a", OWN), *BOTH[:2]), ["10.0.9.9"], ["10.9.1.1"]),
        ((network("a", OWN), peering("a", "b")), ["10.0.9.9"], ["10.9.1.1", "20.1.2.3"]),
        (
            (network("a", OWN), *BOTH[::2], peering("a", "b", useRemoteGateways=True)),
            [],
            ["20.1.2.3"],
        ),
        (
            (network("a", OWN), *BOTH[:1], peering("a", "b", allowVirtualNetworkAccess=False)),
            [HOST],
            [],
        ),
        ((network("a", OWN, **TABLE), ROUTE), ["10.0.9.9"], ["10.77.1.1"]),
        ((network("a", OWN, **TABLE),), ["10.0.9.9"], ["20.1.2.3"]),
        ((network("a", OWN, subnet="GatewaySubnet"),), ["10.0.9.9"], ["172.16.1.1"]),
        ((network("a", OWN, Unknown("prefix")),), ["10.0.9.9"], ["20.1.2.3"]),
        ((network("a", Unknown("prefix")),), [HOST], ["10.0.9.9"]),
    ],
)
def test_the_tag_of_the_network_is_as_wide_as_the_templates_make_it(
    resources: Any, inside: list[str], perhaps: list[str]
) -> None:
    azure = azure_network(resources)
    tags = tags_of(azure, azure.all(Subnet)[0])
    found, internet = tags.span("VirtualNetwork"), tags.span("Internet")
    for address in inside:
        assert among(address, found.sure) and not among(address, internet.may)
    for address in perhaps:
        assert not among(address, found.sure) and among(address, found.may)
        assert among(address, internet.may) and not among(address, internet.sure)
    if not perhaps:
        assert found.sure == found.may and among("20.1.2.3", internet.sure)


def among(address: str, ranges: Ranges) -> bool:
    return any(a <= int(ip_address(address)) <= b for a, b in ranges)
