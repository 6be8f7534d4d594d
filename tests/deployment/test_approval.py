"""The approval of Front Door's private endpoint: seen where it is there, waited for where not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apim_aks.decision.design import design
from apim_aks.deployment import order, project
from apim_aks.deployment.approval import approved
from apim_aks.deployment.sequence import Waits
from apim_aks.options import option
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Pin
from tests.support.arm_server import Arm
from tests.support.azure_scenes import Scene, scene

PIN = Pin(edge="front-door", inbound="private-endpoint")
WORKLOAD = replace(read_workload("contoso-orders"), pins=(("v2-integration", PIN),))
DESIGN = design(WORKLOAD, [option("v2-integration")])
PROJECT = project(DESIGN, DESIGN.placement("v2-integration"), "test")


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path, Arm()) as found:
        yield found


def stand(live: Scene, status: str, *connections: tuple[str, str]) -> None:
    """Front Door and API Management, with this state and these requests."""
    link = {"status": status} if status else {}
    origin = "Microsoft.Cdn/profiles/afd-edge/originGroups/gateway/origins/gateway"
    held: list[dict[str, Any]] = [
        {
            "name": name,
            "properties": {"privateLinkServiceConnectionState": {"status": state}},
        }
        for name, state in connections
    ]
    id = live.client.id(PROJECT.home, origin)
    live.arm.put(id, properties={"sharedPrivateLinkResource": link})
    gateway = live.client.id(PROJECT.home, f"Microsoft.ApiManagement/service/{PROJECT.gateway}")
    live.arm.put(gateway, properties={"privateEndpointConnections": held})


def test_the_approval_stands_between_the_apis_and_the_closing() -> None:
    steps = order(PROJECT)
    assert steps.index("24-edge") < steps.index("30-apis-01") < steps.index("approval")
    assert steps.index("approval") < steps.index("40-close")


def test_what_is_approved_goes_on(live: Scene) -> None:
    stand(live, "Approved", ("afd-1", "Approved"))
    assert "is approved" in approved(live.client, PROJECT)


@pytest.mark.parametrize(
    ("status", "connections", "name"),
    [
        ("Pending", (("afd-1", "Pending"),), "--name afd-1"),
        ("Pending", (("afd-1", "Pending"), ("afd-2", "Pending")), '--name "$CONNECTION"'),
        ("Rejected", (), '--name "$CONNECTION"'),
        ("", (), '--name "$CONNECTION"'),
    ],
)
def test_what_is_not_waits_with_its_command(
    live: Scene, status: str, connections: tuple[tuple[str, str], ...], name: str
) -> None:
    stand(live, status, *connections)
    with pytest.raises(Waits) as waits:
        approved(live.client, PROJECT)
    words = str(waits.value)
    assert f"is {status or 'not there'}" in words and "approve" in words and name in words
    assert PROJECT.gateway in words and "private-endpoint-connection list" in words


def test_without_front_door_nothing_is_approved(live: Scene) -> None:
    with pytest.raises(Waits, match="not there"):
        approved(live.client, PROJECT)
