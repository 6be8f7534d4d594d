from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from apim_aks.errors import InputError
from apim_aks.facts import pictures
from apim_aks.options import OPTIONS
from apim_aks.page.diagram import (
    alt_text,
    canvas,
    drawing,
    mapping_picture,
    paint,
    picture,
    request_steps,
    resources,
)
from apim_aks.page.diagram.condense import number, stages, views
from apim_aks.page.diagram.labels import plain
from apim_aks.page.diagram.text import FONTS, advance, width
from apim_aks.topology import (
    Auth,
    Component,
    Exposure,
    Kind,
    Link,
    Protocol,
    Reach,
    Topology,
    Zone,
    ZoneKind,
)
from tests.support.designs import bundled
from tests.support.series import at_length

SVG, XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
NAMES = ("orders", "customers", "catalog", "payments", "shipping", "invoices", "search", "reviews")
INTERNET = Zone("internet", "Internet", ZoneKind.INTERNET)
AZURE = Zone("azure", "Azure, westeurope", ZoneKind.AZURE)
NETWORK = Zone("vnet", "Virtual network", ZoneKind.NETWORK, "azure", "10.0.0.0/16")
SUBNET = Zone("snet-apim", "API Management's subnet", ZoneKind.SUBNET, "vnet", "10.0.1.0/27")
CLUSTER = Zone("aks", "AKS cluster", ZoneKind.CLUSTER, "vnet")


def caller(id: str, label: str, zone: str) -> Component:
    return Component(id=id, label=label, kind=Kind.CONSUMER, zone=zone, exposure=Exposure.NONE)


CLIENT = caller("internet-client", "Consumers on the internet", "internet")
GATEWAY = Component(
    id="apim",
    label="API Management, Premium",
    kind=Kind.GATEWAY,
    zone="azure",
    exposure=Exposure.PUBLIC,
    reach=Reach.INTERNET,
    ports=(443,),
)
KEY_AND_TOKEN = (Auth.SUBSCRIPTION_KEY, Auth.CALLER_TOKEN)
HTTPS, HTTP = Protocol.HTTPS, Protocol.HTTP


def spaces(count: int) -> tuple[Zone, ...]:
    used = range(min(2, count) if count < 20 else 5)
    return tuple(Zone(f"ns-{i}", f"namespace team-{i}", ZoneKind.NAMESPACE, "aks") for i in used)


def services(
    count: int, exposure: Exposure = Exposure.CLUSTER, reach: Reach = Reach.CLUSTER
) -> tuple[Component, ...]:
    of = spaces(count)
    names = [NAMES[i % 8] + ("" if i < 8 else f"-{i // 8}") for i in range(count)]
    return tuple(
        Component(
            id=f"svc-{name}",
            label=name,
            kind=Kind.SERVICE,
            zone=of[i % len(of)].id,
            exposure=exposure,
            reach=reach,
            ports=(8080 + i % 5,),
            service=f"team/{name}",
            in_cluster=True,
            detail="ClusterIP",
        )
        for i, name in enumerate(names)
    )


def enter(target: str = "apim", source: Component = CLIENT) -> Link:
    return Link(
        source=source.id,
        target=target,
        protocol=HTTPS,
        port=443,
        auth=KEY_AND_TOKEN,
        ends_tls=target == "apim",
    )


def topology(option: str, zones: tuple, components: tuple, links: tuple) -> Topology:
    return Topology(option=option, mode="none", zones=zones, components=components, links=links)


def public_services(count: int) -> Topology:
    behind = services(count)
    fronts = tuple(
        Component(
            id=f"check-{s.label}",
            label=f"Token check for {s.label}",
            kind=Kind.TOKEN_PROXY,
            zone=s.zone,
            exposure=Exposure.PUBLIC,
            reach=Reach.INTERNET,
            ports=(443,),
            added=True,
        )
        for s in behind
    )
    links = [enter()]
    for front, service in zip(fronts, behind, strict=True):
        links += [
            Link(
                source="apim",
                target=front.id,
                protocol=HTTPS,
                port=443,
                auth=(Auth.TOKEN,),
                ends_tls=True,
            ),
            Link(
                source=front.id,
                target=service.id,
                protocol=HTTP,
                port=service.ports[0],
                note="in the cluster",
            ),
        ]
    zones = (INTERNET, AZURE, NETWORK, CLUSTER, *spaces(count))
    return topology("public-services", zones, (CLIENT, GATEWAY, *fronts, *behind), tuple(links))


def ingress_mtls(count: int) -> Topology:
    ingress = Component(
        id="ingress",
        label="Istio ingress gateway",
        kind=Kind.INGRESS,
        zone="ns-in",
        exposure=Exposure.PUBLIC,
        reach=Reach.GATEWAY,
    )
    behind = services(count)
    inside = Zone("ns-in", "ingress namespace", ZoneKind.NAMESPACE, "aks")
    links = (
        enter(),
        Link(
            source="apim",
            target="ingress",
            protocol=HTTPS,
            port=443,
            auth=(Auth.CLIENT_CERTIFICATE,),
            ends_tls=True,
        ),
        *(
            Link(
                source="ingress", target=s.id, protocol=HTTP, port=s.ports[0], note="in the cluster"
            )
            for s in behind
        ),
    )
    zones = (INTERNET, AZURE, NETWORK, CLUSTER, *spaces(count), inside)
    return topology("ingress-mtls", zones, (CLIENT, GATEWAY, ingress, *behind), links)


def vnet(count: int, internal: bool) -> Topology:
    exposure = Exposure.PRIVATE if internal else Exposure.PUBLIC
    gateway = replace(GATEWAY, zone="snet-apim", exposure=Exposure.PRIVATE, reach=Reach.NETWORK)
    entry = Component(
        id="vip",
        label=f"{'Internal' if internal else 'External'} load balancer",
        kind=Kind.LOAD_BALANCER,
        zone="snet-apim" if internal else "azure",
        exposure=exposure,
    )
    behind = services(count, Exposure.PRIVATE, Reach.GATEWAY)
    office = caller("office", "Consumers on premises", "on-premises")
    inside = caller("inside", "Consumers in the same virtual network", "vnet")
    callers = (office, inside) if internal else (CLIENT,)
    links = (
        *(enter("vip", c) for c in callers),
        Link(
            source="vip", target="apim", protocol=HTTPS, port=443, auth=KEY_AND_TOKEN, ends_tls=True
        ),
        *(Link(source="apim", target=s.id, protocol=HTTP, port=s.ports[0]) for s in behind),
    )
    premises = Zone("on-premises", "On premises", ZoneKind.ON_PREMISES)
    zones = (INTERNET, premises, AZURE, NETWORK, SUBNET, CLUSTER, *spaces(count))
    shown = (CLIENT, office, inside) if internal else (CLIENT,)
    return topology("vnet", zones, (*shown, entry, gateway, *behind), links)


def v2_integration(count: int) -> Topology:
    entry = Component(
        id="ilb",
        label="Internal load balancer",
        kind=Kind.LOAD_BALANCER,
        zone="vnet",
        exposure=Exposure.PRIVATE,
    )
    hop = Component(
        id="out",
        label="Outbound integration",
        kind=Kind.INTEGRATION,
        zone="snet-apim",
        exposure=Exposure.NONE,
    )
    behind = services(count)
    links = (
        enter(),
        Link(source="apim", target="out", protocol=Protocol.TCP, port=443, note="outbound only"),
        Link(
            source="out",
            target="ilb",
            protocol=HTTPS,
            port=443,
            auth=(Auth.CLIENT_CERTIFICATE,),
            ends_tls=True,
        ),
        *(Link(source="ilb", target=s.id, protocol=HTTP, port=s.ports[0]) for s in behind),
    )
    zones = (INTERNET, AZURE, NETWORK, SUBNET, CLUSTER, *spaces(count))
    return topology("v2-integration", zones, (CLIENT, GATEWAY, hop, entry, *behind), links)


def without_gateway(count: int) -> Topology:
    behind = services(count, Exposure.PUBLIC, Reach.INTERNET)
    links = tuple(
        Link(source=CLIENT.id, target=s.id, protocol=HTTPS, port=443, auth=(Auth.CALLER_TOKEN,))
        for s in behind
    )
    zones = (INTERNET, AZURE, NETWORK, CLUSTER, *spaces(count))
    return topology("direct", zones, (CLIENT, *behind), links)


def with_bypass(count: int) -> Topology:
    drawn = ingress_mtls(count)
    stranger = caller("anyone", "Anyone on the internet", "internet")
    left = Component(
        id="svc-store",
        label="store-front",
        kind=Kind.SERVICE,
        zone="ns-0",
        exposure=Exposure.PUBLIC,
        reach=Reach.INTERNET,
    )
    around = Link(source="anyone", target="svc-store", protocol=HTTP, port=80, bypass=True)
    return replace(
        drawn, components=(*drawn.components, stranger, left), links=(*drawn.links, around)
    )


EXAMPLES = {
    "public-services": public_services,
    "ingress-mtls": ingress_mtls,
    "vnet-external": lambda count: vnet(count, internal=False),
    "vnet-internal": lambda count: vnet(count, internal=True),
    "v2-integration": v2_integration,
    "without-gateway": without_gateway,
    "with-bypass": with_bypass,
}

FIGURE_1 = (
    ("Customers", (("customers", "Deployment customers, 3 pods", "GET, POST /customers"),)),
    (
        "Orders",
        (
            ("getorder", "Deployment getorder, 2 pods", "GET /orders/{id}"),
            ("placeorder", "Deployment placeorder, 2 pods", "POST /orders"),
        ),
    ),
)
NASTY = (
    "<script>alert(1)</script>",
    "<B>bold</B>",
    '"><img src=x onerror=alert(1)>',
    r"\N \G {a|b} <port> ]]>",
    "line\nbreak\x00\x07\u202e",
    "&lt;&#60;%3C",
    "x" * 5000,
    "",
    "\udcff",
    "日本語のサービス",
    "/etc/passwd.png",
    "http://example.com/a.svg",
)


def words(svg: str) -> str:
    """What stands in a picture, its legend left out."""
    root = ElementTree.fromstring(svg)
    legend = {id(e) for g in groups(svg, root, "legend") for e in g.iter()}
    return " ".join(e.text or "" for e in root.iter(f"{SVG}text") if id(e) not in legend)


def groups(svg: str, root: ElementTree.Element | None = None, kind: str = "edge") -> list:
    root = ElementTree.fromstring(svg) if root is None else root
    return [g for g in root.iter(f"{SVG}g") if g.get("class") == kind]


def size(svg: str) -> tuple[float, float]:
    _, _, width, height = ElementTree.fromstring(svg).attrib["viewBox"].split()
    return float(width), float(height)


def safe(svg: str) -> None:
    root = ElementTree.fromstring(svg)
    assert root.tag == f"{SVG}svg"
    for element in root.iter():
        assert element.tag.removeprefix(SVG) not in ("script", "foreignObject", "a", "style")
        for name, value in element.attrib.items():
            assert not name.split("}")[-1].lower().startswith("on"), name
            if name.split("}")[-1] in ("href", "src"):
                assert value.startswith(("data:image/png;base64,", "#")), value


@pytest.fixture(params=[(name, count) for name in EXAMPLES for count in (1, 3, 40)], ids=str)
def example(request: pytest.FixtureRequest) -> Topology:
    name, count = request.param
    return EXAMPLES[name](count)


def test_every_kind_has_an_icon_and_a_plural() -> None:
    beside = {resources.VAULT, resources.DNS, resources.GUARD}
    assert {icon.id for icon in pictures.icons()} == {*Kind, canvas.PODS, *beside}
    assert set(Kind) == set(drawing.PLURAL)


def test_every_zone_kind_has_a_colour_of_its_own() -> None:
    assert set(drawing.FILL) == set(ZoneKind)
    assert len(set(drawing.FILL.values())) == len(ZoneKind)


def test_every_exposure_has_an_outline() -> None:
    assert set(paint.OUTLINE) == set(Exposure)


def test_a_picture_needs_nothing_but_itself(example: Topology) -> None:
    svg = picture(example).svg
    safe(svg)
    assert "site-packages" not in svg and "<!DOCTYPE" not in svg


def test_an_icon_is_embedded_once_and_is_a_small_png() -> None:
    root = ElementTree.fromstring(picture(public_services(3)).svg)
    data = [e.attrib[f"{XLINK}href"] for e in root.iter(f"{SVG}image")]
    assert len(data) == len(set(data)) == 4
    assert len(list(root.iter(f"{SVG}use"))) == 8
    for uri in data:
        png = base64.b64decode(uri.split(",", 1)[1])
        assert png.startswith(b"\x89PNG") and len(png) < 10_000


def test_same_topology_same_bytes(example: Topology) -> None:
    assert picture(example) == picture(example)


def test_the_source_names_icons_without_their_folder(example: Topology) -> None:
    icons = re.findall(r'<image [^>]*href="([^"]*)"', picture(example).source)
    assert icons and set(icons) <= {icon.id for icon in pictures.icons()}
    dot = mapping_picture(FIGURE_1).source
    assert re.findall(r'SRC="([a-z-]+\.png)"', dot) == re.findall(r'SRC="([^"]*)"', dot) != []


def test_ids_of_two_pictures_do_not_clash() -> None:
    ids = [re.findall(r' id="([^"]+)"', picture(EXAMPLES[n](3)).svg) for n in EXAMPLES]
    everything = [id for found in ids for id in found]
    assert len(everything) == len(set(everything))


def test_a_picture_stays_within_its_limit(example: Topology) -> None:
    drawn = picture(example, limit=12)
    assert drawn.shown <= 12
    assert drawn.total == len(example.components)


@pytest.mark.parametrize("count", [3, 8, 40])
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_picture_reads_well_at_page_width(name: str, count: int) -> None:
    width, height = size(picture(EXAMPLES[name](count)).svg)
    hops = len(request_steps(EXAMPLES[name](count)))
    assert 0.9 < width / height < 3.3
    assert 15 * min(1, 900 / width) >= (11 if hops < 4 else 10)


def test_three_services_are_drawn_one_by_one() -> None:
    drawn = picture(public_services(3))
    assert drawn.shown == drawn.total == 8
    assert all(name in words(drawn.svg) for name in ("orders", "customers", "catalog"))


def test_forty_services_are_counted_from_the_full_topology() -> None:
    drawn = picture(replace(without_gateway(40), option="x"))
    assert "40 Services" in words(drawn.svg) and "in 5 namespaces" in words(drawn.svg)
    assert "40 of 40 components have a public address" in drawn.alt


def test_grouped_components_keep_their_exposure_and_their_way_round() -> None:
    drawn = picture(with_bypass(40), limit=6)
    assert drawn.shown <= 6
    assert "store-front" in words(drawn.svg) and "40 Services" in words(drawn.svg)
    assert words(drawn.svg).count("around the gateway") == 1


def test_every_arrow_carries_protocol_port_and_authentication(example: Topology) -> None:
    drawn = [" ".join(t.text for t in g.iter(f"{SVG}text")) for g in groups(picture(example).svg)]
    passages = {c.id for c in example.of_kind(Kind.INTEGRATION)}
    assert drawn.count("") == sum(link.target in passages for link in example.links)
    for arrow in filter(None, drawn):
        assert re.search(r"(HTTPS?|TCP) (\d+|on \d+ ports)", arrow), arrow
        assert re.search(r"token|key|certificate|no authentication", arrow), arrow


def test_a_passage_is_no_hop() -> None:
    steps = request_steps(v2_integration(3))
    assert len(steps) == 3 and not any("TCP" in step for step in steps)
    assert "calls the internal load balancer through the outbound integration: HTTPS" in steps[1]


def test_what_is_public_says_so_in_words() -> None:
    shown = words(picture(ingress_mtls(3)).svg)
    assert shown.count("public address") == 2
    assert "private address" not in shown


def test_trust_boundaries_carry_their_words(example: Topology) -> None:
    shown = words(picture(example).svg)
    for label in ("Internet", "Azure, westeurope", "Virtual network", "AKS cluster"):
        assert label in shown


def test_steps_and_picture_have_the_same_numbers(example: Topology) -> None:
    drawn = picture(example)
    texts = [t for g in groups(drawn.svg) for t in g.iter(f"{SVG}text")]
    shown = {t.text for t in texts if t.get("fill") == "#FFFFFF"}
    assert shown == {str(i) for i in range(1, len(drawn.steps) + 1)}


def test_steps_name_the_representative_and_how_many_are_like_it() -> None:
    steps = request_steps(public_services(40))
    assert steps == (
        "Consumers on the internet call API Management (Premium): HTTPS 443, subscription key "
        "and caller's token; TLS ends there.",
        "API Management (Premium) calls the token check for orders, one of 40 token proxies: "
        "HTTPS 443, gateway's token; TLS ends there.",
        "The token check for orders calls the Service orders, one of 40 Services: HTTP 8080, "
        "no authentication, in the cluster.",
    )


def test_steps_of_a_named_service_lead_to_it() -> None:
    steps = request_steps(ingress_mtls(3), "team/catalog")
    assert steps[-1].startswith(
        "Istio ingress gateway calls the Service catalog, one of 3 Services"
    )
    assert request_steps(ingress_mtls(3), "team/nobody") == ()


def test_consumers_without_a_way_in_are_shown_so() -> None:
    drawn = picture(vnet(3, internal=True))
    assert "no way in" in words(drawn.svg)
    assert not drawn.steps[0].startswith("Consumers on the internet")


def test_only_callers_inside_call_to_the_left_what_stands_outside(example: Topology) -> None:
    """Every other call runs to the right, also that of the gateway back into their network."""
    inside, target = caller("from-inside", "Consumers inside", "vnet"), example.links[0].target
    both = replace(
        example,
        components=(*example.components, inside),
        links=(*example.links, replace(enter(), source="from-inside", target=target)),
    )
    left = 0
    for edge in groups(picture(both).svg):
        line = next(edge.iter(f"{SVG}path")).attrib["d"]
        across = [float(x) for x in re.findall(r"[ML ](-?[\d.]+),", line)]
        assert across in (sorted(across), sorted(across, reverse=True))
        left += across[0] > across[-1]
    assert left == (both.component(target).zone == "azure")


def test_consumers_who_share_a_way_are_told_of_once() -> None:
    alt = alt_text(vnet(3, internal=True))
    assert "Consumers in the same virtual network take the same path." in alt
    assert "Consumers on the internet have no access." in alt
    assert "Anyone" not in alt_text(with_bypass(3))


def test_alt_text_says_boundaries_exposure_hops_and_ways_round() -> None:
    alt = alt_text(with_bypass(3))
    assert "Trust boundaries: Internet; Azure, westeurope. Inside: Virtual network" in alt
    assert "3 of 6 components have a public address" in alt
    assert "client certificate; TLS ends there." in alt
    assert "One path leads around the gateway, to the Service store-front." in alt
    assert alt_text(vnet(3, internal=True)).count("None of the 5 components has a public") == 1


def test_title_and_description_are_in_the_picture() -> None:
    drawn = picture(ingress_mtls(3), "Ingress & <mutual> TLS")
    root = ElementTree.fromstring(drawn.svg)
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None and title.text == "Ingress & <mutual> TLS"
    assert desc is not None and desc.text == drawn.alt
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"].split() == [title.attrib["id"], desc.attrib["id"]]


@pytest.mark.parametrize("name", NASTY, ids=lambda name: ascii(name[:12]))
def test_a_nasty_name_is_shown_and_does_nothing(name: str) -> None:
    drawn = with_bypass(3)
    parts = tuple(replace(c, label=name, detail=name[:20]) for c in drawn.components)
    zones = tuple(replace(z, label=name, prefix=name) for z in drawn.zones)
    links = tuple(replace(link, note=name) for link in drawn.links)
    shown = picture(replace(drawn, components=parts, zones=zones, links=links), name)
    safe(shown.svg)
    safe(mapping_picture(((name, ((name, name, name),)),), name).svg)
    assert all(len(step) < 600 for step in shown.steps)
    assert max(len(e.text or "") for e in ElementTree.fromstring(shown.svg).iter()) < 3000


def test_markup_in_a_name_is_shown_as_text() -> None:
    drawn = ingress_mtls(1)
    parts = [replace(c, label="<B>a</B>&amp;") for c in drawn.components]
    assert "<B>a</B>&amp;" in words(picture(replace(drawn, components=tuple(parts))).svg)


def test_graphviz_escapes_in_a_name_are_shown_as_they_are() -> None:
    drawn = ingress_mtls(1)
    parts = [replace(c, label=r"\N \G{x}") for c in drawn.components]
    assert r"\N \G{x}" in words(picture(replace(drawn, components=tuple(parts))).svg)


def test_zones_of_the_same_name_stay_apart() -> None:
    drawn = ingress_mtls(3)
    zones = tuple(replace(z, label="same") for z in drawn.zones)
    assert words(picture(replace(drawn, zones=zones)).svg).count("same") == len(zones)


def test_figure_1_joins_two_services_in_one_api() -> None:
    drawn = mapping_picture(FIGURE_1)
    safe(drawn.svg)
    assert drawn.shown == drawn.total == 8
    assert drawn.steps == (
        "Customers is answered by customers.",
        "Orders is answered by getorder and placeorder.",
    )
    assert "GET /orders/{id}" in words(drawn.svg) and "3 pods" in words(drawn.svg)
    assert "Orders joins getorder and placeorder" in drawn.alt


def test_many_apis_are_condensed_and_those_that_join_services_stay() -> None:
    single = tuple((f"Api {i}", ((f"service-{i}", "2 pods", ""),)) for i in range(12))
    drawn = mapping_picture((*single, *FIGURE_1))
    shown = words(drawn.svg)
    assert "Orders" in shown and "placeorder" in shown
    assert "and 9 more APIs" in shown and "and 9 more Services" in shown
    assert drawn.shown < drawn.total == 14 + 15 + 15


def test_an_api_with_very_many_services_is_cut() -> None:
    services = tuple((f"service-{i}", "", "") for i in range(20))
    shown = words(mapping_picture((("Everything", services),)).svg)
    assert "service-5" in shown and "service-6" not in shown
    assert "and 14 more Services" in shown


def test_graphviz_notices_do_not_reach_the_reader(capfd: pytest.CaptureFixture[str]) -> None:
    drawn = with_bypass(3)
    notes = tuple(replace(link, note="W" * 18) for link in drawn.links)
    picture(replace(drawn, links=notes))
    mapping_picture((("W" * 40, (("W" * 40, "", "W" * 40),)),))
    assert capfd.readouterr() == ("", "")


def test_without_graphviz_the_reader_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="install pygraphviz with pip, or Graphviz"):
        mapping_picture(FIGURE_1)
    assert picture(ingress_mtls(1)).svg.startswith("<svg")


def test_importing_does_not_load_the_drawing_libraries() -> None:
    code = "import sys, apim_aks.page.diagram; print([m for m in sys.modules if 'graphviz' in m])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


FOLDERS = [
    Path(folder).expanduser()
    for folder in (
        "/usr/share/fonts",
        "/usr/local/share/fonts",
        "/Library/Fonts",
        "/System/Library/Fonts",
        "C:/Windows/Fonts",
        "~/.fonts",
        os.environ.get("XDG_DATA_HOME", "~/.local/share") + "/fonts",
    )
]
CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>{fonts}<cachedir>{cache}</cachedir></fontconfig>
"""


def found_fonts(*names: str) -> list[Path]:
    """The folders of this machine that hold a font of one of these names."""
    files = (f for folder in FOLDERS for name in names for f in folder.rglob(f"{name}*.[to]tf"))
    return sorted({file.parent for file in files})


def font_configurations(folder: Path) -> dict[str, Path]:
    """No font at all, and each of the usual ones alone where it is on this machine."""
    known = {
        "none": [],
        "DejaVu": found_fonts("DejaVuSans"),
        "Liberation": found_fonts("LiberationSans", "Arimo"),
        "Arial": found_fonts("Arial", "arial"),
    }
    written = {}
    for name, folders in known.items():
        if folders or name == "none":
            fonts = "".join(f"<dir>{found}</dir>" for found in folders)
            written[name] = folder / f"{name}.conf"
            written[name].write_text(CONFIGURATION.format(fonts=fonts, cache=folder / "cache"))
    return written


@at_length
def test_no_font_of_the_machine_changes_a_bundled_picture(tmp_path: Path) -> None:
    """Three configurations where both fonts are installed, and this machine's own as it is."""
    drawn = {}
    own = {k: v for k, v in os.environ.items() if not k.startswith("FONTCONFIG_")}
    environments = {"own": own} | {
        name: {**own, "FONTCONFIG_FILE": str(file)}
        for name, file in font_configurations(tmp_path).items()
    }
    for name, environment in environments.items():
        command = [sys.executable, str(Path(__file__).with_name("pictures.py")), "svg"]
        drawn[name] = subprocess.run(command, env=environment, capture_output=True, check=True)
    assert drawn["own"].stdout.count(b"<svg") == 2 * (2 + len(OPTIONS))
    assert [n for n, done in drawn.items() if done.stdout != drawn["own"].stdout] == []


def test_drawing_sets_no_environment_variable() -> None:
    before = dict(os.environ)
    picture(with_bypass(3))
    assert dict(os.environ) == before


def rectangle(shape: ElementTree.Element) -> tuple[float, float, float, float]:
    if shape.tag == f"{SVG}rect":
        x, y, width, height = (float(shape.attrib[n]) for n in ("x", "y", "width", "height"))
        return x, y, x + width, y + height
    numbers = re.findall(r"-?[\d.]+", shape.get("points", shape.get("d", "")))
    across, down = [float(n) for n in numbers[::2]], [float(n) for n in numbers[1::2]]
    return min(across), min(down), max(across), max(down)


@pytest.mark.parametrize("name", NASTY, ids=lambda name: ascii(name[:12]))
def test_a_text_of_any_script_stays_inside_its_card(name: str) -> None:
    drawn = with_bypass(3)
    parts = tuple(replace(c, label=name, detail=name[:20]) for c in drawn.components)
    root = ElementTree.fromstring(picture(replace(drawn, components=parts)).svg)
    cards = [g for g in root.iter(f"{SVG}g") if g.get("class") == "node"]
    assert cards
    for card in cards:
        left, top, right, bottom = rectangle(card[0])
        for text in card.iter(f"{SVG}text"):
            x, y = float(text.attrib["x"]), float(text.attrib["y"])
            assert left < x and x + float(text.attrib["textLength"]) < right
            assert top < y - 0.7 * float(text.attrib["font-size"]) and y < bottom


def test_every_text_is_as_wide_as_the_table_says_in_whatever_font(example: Topology) -> None:
    root = ElementTree.fromstring(picture(example).svg)
    assert root.attrib["font-family"] == FONTS
    texts = list(root.iter(f"{SVG}text"))
    assert texts
    for text in texts:
        bold, size = text.get("font-weight") == "bold", int(float(text.attrib["font-size"]))
        assert "font-family" not in text.attrib
        assert int(text.attrib["textLength"]) == width(text.text or "", size, bold)


def test_widths_are_those_that_the_rows_say() -> None:
    """Of Arial's own metrics: its space and its i are known, and a digit is as wide as another."""
    assert (advance(" ", False), advance("i", False), advance("W", True)) == (569, 455, 1933)
    assert {advance(digit, bold) for digit in "0123456789" for bold in (True, False)} == {1139}
    assert advance("語", False) == 2048 and advance("\u0301", True) == 0
    assert advance("ก", False) == advance("ก", True) == pictures.text_width("other").units


def test_what_another_python_calls_unassigned_is_drawn_as_well() -> None:
    """Unicode grows with Python; a name must not lose a letter on the older one."""
    assert plain("a\u0378\U0001fadfb") == "a\u0378\U0001fadfb"
    assert plain("a\ufffe\ufdd0\U0001ffffb") == "ab"


def test_every_icon_is_shipped_and_named_with_its_licence() -> None:
    for icon in pictures.icons():
        png = icon.path.read_bytes()
        assert png[:8] == b"\x89PNG\r\n\x1a\n" and icon.licence
        assert int.from_bytes(png[16:20]) == int.from_bytes(png[20:24]) == 96
    shipped = {file.name for file in pictures.ICONS.iterdir()}
    assert shipped == {icon.file for icon in pictures.icons()}


def test_beside_callers_inside_the_hop_from_the_edge_has_its_number_and_its_words() -> None:
    """Front Door is in no region: what belongs to the workload stands in the workload's own."""
    topology = bundled("contoso-retail").placement("vnet-internal").topology
    (onward,) = topology.links_from("edge")
    stage = stages(topology)
    assert [number(k, stage) for k in topology.links_to(onward.target)] == [2, 1]
    step = request_steps(topology)[1]
    assert "API Management (Premium) through the internal load balancer: HTTPS 443" in step
    assert "what the WAF lets through; TLS ends there" in step


def test_a_load_balancer_of_its_own_is_on_the_card_of_the_gateway_and_no_hop() -> None:
    topology = bundled("contoso-retail").placement("vnet-internal").topology
    (view, *_) = views(topology, 12)
    (gateway,) = (n for n in view.nodes if n.kind is Kind.GATEWAY)
    assert [c.label for c in gateway.before] == ["Internal load balancer"]
    shown = words(picture(topology).svg)
    assert "behind the internal load balancer" in " ".join(shown.split())
    assert "Internal load" not in shown
    made = bundled("contoso-orders").combinations("v2-integration")
    fronted = next(v.topology for v in made if v.choices.edge == "front-door")
    assert {r.zone for r in resources.resources(fronted)} == {"azure"}
