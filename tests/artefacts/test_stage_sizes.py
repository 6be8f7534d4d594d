"""What is taken for the size of a resource before it is written is never too small."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apim_aks.artefacts.arm_templates.resource import Resource, written
from apim_aks.artefacts.arm_templates.stages import _at_most

DEEP: Any = []
for level in range(30):
    DEEP = [{f"level-{level}": DEEP, "beside": [1, True, None]}]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"properties": {"empty": {}, "none": [], "one": [1], "text": 'a "quoted"\n\ttext'}},
        {"properties": {"deep": DEEP}},
        {"properties": {"beyond": "é € 𝄞 \ud800", "é": ["𝄞"] * 40}},
        {"properties": {f"key-{n}": list(range(n)) for n in range(40)}},
    ],
)
def test_a_resource_takes_no_more_than_it_is_taken_for(body: dict[str, Any]) -> None:
    resource = Resource(type="Microsoft.Network/virtualNetworks", names=("vnet",), body=body)
    text = json.dumps(written(resource, {}), indent=2, ensure_ascii=False)
    assert len(text.encode(errors="replace")) < _at_most(resource)
