"""The draw.io file of a topology, read back by a parser that resolves and fetches nothing."""

from __future__ import annotations

import base64
import zlib
from dataclasses import replace
from urllib.parse import unquote

import pytest
from lxml import etree

from apim_aks.facts import pictures
from apim_aks.options import OPTIONS
from apim_aks.page.diagram import picture
from apim_aks.page.pictures import compressed
from apim_aks.topology import Topology
from tests.page.test_diagram import NASTY, with_bypass
from tests.support.designs import bundled

CASES = [(w, o.id) for w in ("contoso-orders", "contoso-retail") for o in OPTIONS]
MOST = 2_000_000
"""Bytes of a file that is read back here."""


def read(text: str) -> etree._Element:
    assert len(text.encode()) < MOST
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(text.encode(), parser)


def drawn(topology: Topology) -> etree._Element:
    return read(picture(topology).drawio)


def objects(root: etree._Element, key: str) -> dict[str, etree._Element]:
    return {o.get("id"): o for o in root.iter("object") if o.get(key) is not None}


@pytest.fixture(params=CASES, ids="-".join)
def topology(request: pytest.FixtureRequest) -> Topology:
    workload, option = request.param
    return bundled(workload).placement(option).topology


def test_nodes_boundaries_and_edges_are_those_of_the_topology(topology: Topology) -> None:
    root = drawn(topology)
    components, zones = objects(root, "component"), objects(root, "zone")
    assert sorted(o.get("component") for o in components.values()) == sorted(
        c.id for c in topology.components
    )
    used = {zones[o[0].get("parent")].get("zone") for o in components.values()}
    assert used == {c.zone for c in topology.components}
    parents = {z.id: z.parent for z in topology.zones}
    for zone in zones.values():
        parent = parents[zone.get("zone")]
        assert zone[0].get("parent") == (f"zone-{parent}" if parent else "1")
    edges = [
        (
            components[o[0].get("source")].get("component"),
            components[o[0].get("target")].get("component"),
            o.get("protocol"),
            int(o.get("port")),
            tuple(o.get("auth").split()),
        )
        for o in objects(root, "protocol").values()
    ]
    assert sorted(edges) == sorted(
        (k.source, k.target, str(k.protocol), k.port, tuple(a.id for a in k.auth))
        for k in topology.links
    )


def test_every_shape_is_known_and_stands_in_one_that_is(topology: Topology) -> None:
    root = drawn(topology)
    ids = [e.get("id") for e in root.iter("object", "mxCell") if e.get("id") is not None]
    assert len(ids) == len(set(ids))
    for cell in root.iter("mxCell"):
        for name in ("parent", "source", "target"):
            assert cell.get(name) is None or cell.get(name) in ids


def test_icons_are_those_of_draw_io(topology: Topology) -> None:
    styles = [cell.get("style") or "" for cell in drawn(topology).iter("mxCell")]
    icons = [s for s in styles if "img/lib/azure2/" in s or "mxgraph.kubernetes.icon2" in s]
    assert len(icons) >= len(topology.components)
    assert not [s for s in styles if "data:" in s or "http" in s]


def test_every_icon_has_a_shape() -> None:
    assert {s.id for s in pictures.drawio_shapes()} == {i.id for i in pictures.icons()}


@pytest.mark.parametrize("name", NASTY, ids=lambda name: ascii(name[:12]))
def test_a_nasty_name_is_text(name: str) -> None:
    topology = with_bypass(2)
    parts = tuple(replace(c, label=name, detail=name[:20]) for c in topology.components)
    links = tuple(replace(link, note=name) for link in topology.links)
    text = picture(replace(topology, components=parts, links=links), name).drawio
    for value in read(text).xpath("//@label | //@value"):
        shown = etree.HTML(value or "<p/>")
        assert {e.tag for e in shown.iter()} <= {"html", "body", "p", "b", "br", "font"}


def test_a_page_carries_the_file_packed_as_draw_io_packs_it() -> None:
    plain = picture(bundled("contoso-orders").placements[0].topology).drawio
    packed = compressed(plain)
    assert len(packed) * 3 < len(plain)
    inside = zlib.decompress(base64.b64decode(read(packed).findtext("diagram") or ""), wbits=-15)
    (page,) = read(plain).find("diagram")
    assert etree.canonicalize(unquote(inside.decode())) == etree.canonicalize(page)
