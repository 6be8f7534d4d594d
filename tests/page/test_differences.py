from __future__ import annotations

from xml.etree import ElementTree

from apim_aks.page.diagram import picture
from apim_aks.page.differences import differences, first_two, only
from tests.page.test_diagram import ingress_mtls, vnet
from tests.support.designs import bundled


def halos(svg: str) -> int:
    root = ElementTree.fromstring(svg)
    return sum(e.get("stroke-opacity") is not None for e in root.iter())


def test_what_only_one_has_is_marked_and_explained() -> None:
    one, other = ingress_mtls(3), vnet(3, internal=False)
    marked = only(one, other)
    assert "ingress" in marked.components and "internet-client" not in marked.components
    assert "apim" in marked.components, "it stands in another boundary"
    drawn = picture(one, marked=marked).svg
    cards = [c for c in one.components if c.id in marked.components]
    links = [k for k in one.links if (k.source, k.target, k.label) in marked.links]
    assert halos(drawn) == len(cards) + len(links) + 1
    assert "not in the other picture" in drawn


def test_a_placement_does_not_differ_from_itself() -> None:
    marked = only(ingress_mtls(3), ingress_mtls(3))
    assert not marked.components and not marked.links
    assert halos(picture(ingress_mtls(3), marked=marked).svg) == 0


def test_the_first_two_stand_side_by_side_with_a_table_of_what_differs() -> None:
    made = bundled("contoso-orders")
    first, second = (made.placement(s.option) for s in made.ranking.standings[:2])
    page = first_two(made).text
    assert page == differences(first, second).text
    assert page.count("<svg") == 2 and 'class="side-by-side"' in page
    root = ElementTree.fromstring(f"<p>{page.replace('<wbr>', '')}</p>")
    cells = {"".join(c.itertext()) for c in root.iter("td")}
    for placement, other in ((first, second), (second, first)):
        marked = only(placement.topology, other.topology).components
        labels = {c.label for c in placement.topology.components if c.id in marked}
        assert labels <= cells, labels - cells
