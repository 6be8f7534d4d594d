"""What generated Kubernetes objects are filled with: images, sizes, gateways, placeholders."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Literal

from apim_aks.errors import InputError
from apim_aks.facts.rows import DATA, Row, Status, by_id, read_rows
from apim_aks.facts.settings import read_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressGateway(Row):
    """How an ingress controller is configured in the cluster, and what its objects are called.

    Where its pods may serve others, which a cluster that was there before has made, `own_service`
    is a Service of ours before them, and `own_port` what they listen on for it; empty and 0 where
    the pods are made for the ingress alone. `install` is the command that installs its Helm chart.
    """

    controller: str
    api: str
    gateway_class: str = ""
    namespace: str
    creates_namespace: bool
    public_service: str
    private_service: str
    pod_label: str
    public_pods: str
    private_pods: str
    source_ranges: bool
    own_service: str = ""
    own_port: int = 0
    unset_under_local: tuple[str, ...] = ()
    install: str = ""
    warning: str = ""
    certificate_warning: str = ""
    status: Status
    because: str

    @property
    def first(self) -> str:
        """What has to be there before its objects, in sentences."""
        return self.warning.replace("{install}", self.install)

    @property
    def chart_values(self) -> dict[str, str]:
        """The values that `install` gives the chart, by their path in it."""
        pairs = pairwise(shlex.split(self.install))
        return dict(value.split("=", 1) for flag, value in pairs if flag == "--set")


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressObject(Row):
    """A kind of object that an ingress of this API consists of, once for each `one_for`.

    `namespace` and `service` are those of published Services, `https-service` the Services among
    them that speak HTTPS. An object for a Service is called after it.
    """

    api: str
    one_for: Literal["ingress", "namespace", "service", "https-service"]
    kind: str
    name: str = ""
    when: Literal[
        "always",
        "callers-listed",
        "client-certificate",
        "no-certificate",
        "pods-shared",
        "policy-there",
    ]
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestDefaults:
    """Images, sizes and addresses that stand in manifests; manifest_settings.csv says why.

    Sizes are quantities of Kubernetes, times are durations of Envoy.
    """

    token_check_image: str
    sync_image: str
    token_check_user: int
    token_check_replicas: int
    token_check_cpu: str
    token_check_memory: str
    token_check_timeout: str
    token_check_refresh: str
    sync_cpu: str
    sync_memory: str
    token_issuer: str
    token_keys_host: str
    token_keys_path: str
    token_claim: str
    address_owner_tag: str
    gateway_node_ports: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceholderRow(Row):
    """Text that stands for a value known only later; `*` in it stands for a Service.

    `stand_in` is an address that nobody has, for where addresses are computed with.
    """

    id: str
    text: str
    meaning: str
    from_stage: str
    stand_in: str = ""


@cache
def ingress_gateways() -> tuple[IngressGateway, ...]:
    """The ingress controllers for which manifests are written."""
    return read_rows(DATA / "ingress_gateways.csv", IngressGateway)


@cache
def ingress_gateway(controller: str) -> IngressGateway | None:
    """How this ingress controller is configured; None where nothing is written for it."""
    return next((g for g in ingress_gateways() if g.controller == controller), None)


@cache
def ingress_objects(api: str) -> tuple[IngressObject, ...]:
    """The kinds of objects that an ingress of this API consists of.

    Raises:
        InputError: no kind is listed for it.
    """
    rows = read_rows(DATA / "ingress_objects.csv", IngressObject)
    found = tuple(r for r in rows if r.api == api)
    if not found:
        apis = ", ".join(dict.fromkeys(r.api for r in rows))
        raise InputError(
            f"data/ingress_objects.csv has no row for api {api!r}, which data/ingress_gateways.csv "
            f"names. Add a row for each kind of object that its file writes, as for {apis}."
        )
    return found


@cache
def manifest_defaults() -> ManifestDefaults:
    """The images, sizes and addresses of manifests."""
    return read_settings(DATA / "manifest_settings.csv", ManifestDefaults)


@cache
def placeholder_rows() -> tuple[PlaceholderRow, ...]:
    """The texts that stand for values known only later."""
    return read_rows(DATA / "placeholders.csv", PlaceholderRow)


@cache
def placeholder_row(id: str) -> PlaceholderRow:
    """The row of this placeholder."""
    return by_id("placeholder", placeholder_rows(), id)
