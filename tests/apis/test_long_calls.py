"""Calls that last are seen wherever a document says so, and named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from apim_aks.apis.mapping import About, map_services
from apim_aks.workload.pointers import followed, pointed_at
from tests.support.scenario import document, service, workload

STREAM: dict[str, Any] = {"responses": {"200": {"content": {"text/event-stream": {}}}}}
PLAIN: dict[str, Any] = {"responses": {"200": {"content": {"application/json": {}}}}}


def said(paths: dict[str, Any], **more: Any) -> list[str]:
    """What is said of the limits of a Service with `GET /feed`."""
    described = replace(document("GET /feed"), body={"paths": paths, **more})
    found = map_services(workload(service("feed", documents=(described,))))
    return [note.sentence for note in found.notes if note.about is About.LIMIT]


def test_a_stream_is_named_with_the_time_that_it_has() -> None:
    assert said({"/feed": {"get": STREAM}}) == [
        "GET /feed streams, carries files or runs long: answers are neither kept nor held back, "
        "and have to begin within 240 seconds"
    ]
    assert said({"/feed": {"get": PLAIN}}) == []


@pytest.mark.parametrize("name", ["feed", "a~1b", "a%20b"])
def test_a_path_item_that_is_a_reference_is_followed(name: str) -> None:
    plain = name.replace("~1", "/").replace("%20", " ")
    paths = {"/feed": {"$ref": f"#/components/pathItems/{name}"}}
    assert said(paths, components={"pathItems": {plain: {"get": STREAM}}})
    assert not said(paths, components={"pathItems": {plain: {"get": PLAIN}}})


def test_a_request_body_behind_two_references_is_followed() -> None:
    bodies = {
        "one": {"$ref": "#/components/requestBodies/two"},
        "two": {"content": {"application/octet-stream": {}}},
    }
    told = {"requestBody": {"$ref": "#/components/requestBodies/one"}}
    assert said({"/feed": {"get": told}}, components={"requestBodies": bodies})


def test_references_that_lead_nowhere_end() -> None:
    body = {"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}, "list": [1, {"c": 2}]}
    assert followed(body, body["a"]) is None
    assert followed(body, {"$ref": "#/nothing"}) is None
    assert pointed_at(body, "other.json#/a") is None
    assert pointed_at(body, "#/list/1/c") == 2
    assert pointed_at(body, "#/list/7") is None
