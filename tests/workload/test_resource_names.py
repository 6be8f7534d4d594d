import re
from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from apim_aks.artefacts.manifests import certificate_secret
from apim_aks.options.cluster_changes import check_name, object_name
from apim_aks.workload.azure import Azure
from apim_aks.workload.model import Service
from apim_aks.workload.names import fitting, label, names_of, service_label
from tests.support.scenario import service, shop


def test_names_come_from_the_suffix_or_the_workload() -> None:
    assert names_of(shop()).gateway == "apim-sample"
    named = names_of(shop(azure=Azure(name_suffix="Shop 01")))
    assert (named.gateway_host, named.network) == ("apim-shop-01.azure-api.net", "vnet-shop-01")


def test_a_vault_name_is_cut_and_ends_in_no_hyphen() -> None:
    long = replace(names_of(shop()), suffix="a" * 20 + "-" + "b" * 20)
    assert len(long.vault) <= 24
    assert not long.vault.endswith("-")


def test_hosts_are_names_whatever_the_service_is_called() -> None:
    names = names_of(shop())
    assert names.public_host("<x>.y") == "x-y-sample.westeurope.cloudapp.azure.com"
    assert names.private_host("orders", "shop") == "orders.shop.sample.internal"
    assert service_label(service("a/b")) == "b-a"
    assert label("'\"{{@(") == "x"


def dns_names(longest: int = 63) -> st.SearchStrategy[str]:
    """Names of Services and namespaces: few letters and many hyphens, so that joins meet."""
    pattern = rf"[ab0]([-ab0]{{0,{longest - 2}}}[ab0])?"
    return st.from_regex(pattern, fullmatch=True).filter(lambda n: len(n) <= longest)


PAIRS = st.tuples(dns_names(), dns_names())
DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@given(st.lists(PAIRS, min_size=2, max_size=12, unique=True))
@example([("a-b", "c"), ("a", "b-c")])
@example([("a--b", "c"), ("a-b", "c"), ("a-b", "c--d"), ("a-b", "c-d")])
@example([("a" * 63, "a"), ("a" * 62, "a"), ("a" * 62, "aa"), ("a" * 62 + "b", "a")])
@example([("a" * 49 + "-b", "c"), ("a" * 49 + "-c", "c"), ("a" * 49, "c")])
def test_no_two_services_of_a_cluster_share_a_name_of_theirs(pairs: list[tuple[str, str]]) -> None:
    names = replace(names_of(shop()), suffix="suffix-of-thirty-letters-about")
    services = [Service(namespace=space, name=name) for name, space in pairs]
    for name_of in (
        service_label,
        lambda s: names.public_host(service_label(s)),
        lambda s: names.private_host(s.name, s.namespace),
        lambda s: certificate_secret(f"tls-check-{s.id}"),
        lambda s: (s.namespace, object_name(s)),
        lambda s: (s.namespace, check_name(s)),
    ):
        assert len({name_of(s) for s in services}) == len(services)
    for one in services:
        public = names.public_host(service_label(one))
        private = names.private_host(one.name, one.namespace)
        labels = [part for host in (public, private) for part in host.split(".")]
        labels += [service_label(one), object_name(one), check_name(one)]
        assert all(DNS_LABEL.fullmatch(part) for part in labels), labels


def test_a_short_name_is_only_joined_and_a_long_one_ends_in_a_fingerprint() -> None:
    assert service_label(service("shop/product-reviews")) == "product-reviews-shop"
    assert fitting("a" * 50) == "a" * 50
    cut = fitting("a" * 51)
    assert re.fullmatch(r"a{41}-[0-9a-f]{8}", cut) and cut == fitting("a" * 51)
    assert certificate_secret("tls-check-shop/product-reviews") == "tls-check-shop-product-reviews"
