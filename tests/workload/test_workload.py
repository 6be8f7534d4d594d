import pytest

from apim_aks.errors import InputError
from apim_aks.workload.finding import Finding
from apim_aks.workload.model import ServiceType
from tests.support.scenario import PUBLIC, service, workload


def test_short_name_finds_the_only_service_called_so() -> None:
    found = workload(service("a/x"), service("b/y")).service("y")
    assert found.id == "b/y"


def test_short_name_in_two_namespaces_names_both() -> None:
    with pytest.raises(InputError, match="'x' is not unique; use one of a/x, b/x"):
        workload(service("a/x"), service("b/x")).service("x")


def test_unknown_service_lists_those_there_are() -> None:
    with pytest.raises(InputError, match="'z' is unknown; use one of a/x"):
        workload(service("a/x")).service("z")


@pytest.mark.parametrize(
    ("type", "internal", "public"),
    [
        (ServiceType.CLUSTER_IP, False, False),
        (ServiceType.NODE_PORT, False, False),
        (ServiceType.EXTERNAL_NAME, False, False),
        (PUBLIC, False, True),
        (PUBLIC, True, False),
    ],
)
def test_only_a_load_balancer_that_is_not_internal_is_public(
    type: ServiceType, internal: bool, public: bool
) -> None:
    assert service("x", type=type, internal=internal).public is public


def test_finding_reads_as_one_sentence() -> None:
    assert str(Finding("a.yaml", 3, "a list", "an object")) == (
        "a.yaml line 3 has a list. Use an object."
    )
    assert str(Finding("a.yaml", 0, "nothing", "a document")) == (
        "a.yaml has nothing. Use a document."
    )
