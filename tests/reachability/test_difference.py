"""What is left out of a difference before it is compared is alike on both sides."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace

import pytest

from apim_aks.reachability import difference as module
from apim_aks.reachability.connections import Connection, connections
from apim_aks.reachability.difference import difference, is_lost, lost
from apim_aks.reachability.reach import Reach
from apim_aks.reachability.scene import Engine
from tests.support.reach_oracle import generated
from tests.support.series import seeds


def whole(
    one: Reach, other: Reach, _: Iterable[str] = ()
) -> tuple[list[Connection], list[Connection]]:
    return [*connections(one)], [*connections(other)]


@seeds(12)
def test_a_difference_is_that_of_all_connections(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice, old = random.Random(seed), generated(seed)
    kept = tuple(p for p in old.policies if dice.random() < 0.6)
    new = replace(old, policies=kept, pods=old.pods[: len(old.pods) - seed % 2])
    engine = dice.choice(list(Engine))
    found, taken = difference(old, new, engine), lost(old, new, engine)
    monkeypatch.setattr(module, "differing", whole)
    assert found == difference(old, new, engine)
    assert taken == tuple(c for c in found if is_lost((c.was, c.now)))
