"""The local Azure that most tests of this room begin with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.arm_server import Arm
from tests.support.azure_scenes import Scene, scene, with_cluster


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path, with_cluster(Arm())) as found:
        yield found
