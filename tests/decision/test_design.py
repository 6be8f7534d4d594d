"""A design: the same each time, and of nothing that is not published."""

import pytest

from apim_aks.decision.design import design
from apim_aks.errors import InputError
from apim_aks.workload.model import Port
from tests.support.scenario import service, shop, workload


def test_the_same_workload_gives_the_same_design() -> None:
    assert design(shop()) == design(shop())


def test_nothing_to_publish_is_said() -> None:
    with pytest.raises(InputError, match="publishes no Service"):
        design(workload(service("quiet", ports=(Port(5432),))))
