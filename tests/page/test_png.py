from __future__ import annotations

import importlib.util

import pytest

from apim_aks.page import pictures
from apim_aks.page.diagram import picture, png
from tests.page.test_diagram import ingress_mtls
from tests.support.designs import bundled


@pytest.fixture
def no_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


@pytest.mark.skipif(not png.installed(), reason="the extra png is not installed")
def test_a_png_is_as_wide_as_a_slide_and_the_same_every_time() -> None:
    svg = picture(ingress_mtls(3)).svg
    drawn = png.png(svg)
    assert drawn is not None and drawn.startswith(b"\x89PNG")
    assert int.from_bytes(drawn[16:20]) == png.SLIDE
    assert drawn == png.png(svg)


@pytest.mark.skipif(not png.installed(), reason="the extra png is not installed")
def test_letters_are_drawn_in_the_font_that_comes_with_the_extra() -> None:
    """Without a font of the machine there would be none; what is drawn must differ with words."""
    svg = picture(ingress_mtls(3)).svg
    assert png.png(svg, 300) != png.png(svg.replace(">orders<", "><"), 300)


def test_without_the_extra_there_is_no_png_and_a_sentence_how_to_get_it(no_extra: None) -> None:
    made = bundled("contoso-orders")
    placement = made.placements[0]
    assert png.png("<svg/>") is None
    assert sorted(pictures.picture_files(made, placement)) == ["topology.drawio", "topology.svg"]
    links = pictures.picture_links(placement).text
    assert "pip install" in links and "topology.png" not in links


@pytest.mark.skipif(not png.installed(), reason="the extra png is not installed")
def test_every_file_of_a_picture_is_one_click_away() -> None:
    made = bundled("contoso-orders")
    placement = made.placements[0]
    links = pictures.picture_links(placement).text
    for file in pictures.picture_files(made, placement):
        assert f'href="{placement.option.id}/{file}"' in links
