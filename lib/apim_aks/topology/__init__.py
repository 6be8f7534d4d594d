"""One way of placing API Management before a cluster, as values that can be counted or drawn.

A `Topology` is what every picture, measure, template, manifest and check reads. Nothing that reads
it asks which option it is: what matters stands on its components, links and network mode.
"""

from apim_aks.topology.expectation import (
    Aspect,
    Derived,
    DesignRule,
    Expectation,
    InAzure,
    Measured,
)
from apim_aks.topology.parts import (
    Backend,
    Certificate,
    Component,
    Credential,
    DnsName,
    Link,
    NetworkRule,
    ObjectChange,
    Zone,
)
from apim_aks.topology.probe import (
    EveryService,
    Probe,
    ProbeOutcome,
    ProbeRequest,
    VantagePoint,
)
from apim_aks.topology.topology import Topology
from apim_aks.topology.vocabulary import (
    EDGE_KINDS,
    Auth,
    Authority,
    Exposure,
    Kind,
    Protocol,
    Reach,
    ZoneKind,
)

__all__ = [
    "EDGE_KINDS",
    "Aspect",
    "Auth",
    "Authority",
    "Backend",
    "Certificate",
    "ObjectChange",
    "Component",
    "Credential",
    "Derived",
    "DesignRule",
    "DnsName",
    "EveryService",
    "Expectation",
    "Exposure",
    "InAzure",
    "Kind",
    "Link",
    "Measured",
    "NetworkRule",
    "Probe",
    "ProbeOutcome",
    "ProbeRequest",
    "Protocol",
    "Reach",
    "Topology",
    "VantagePoint",
    "Zone",
    "ZoneKind",
]
