"""The products in which consumers get their keys: every API, and those that the internet has today.

A key of a product opens the APIs in it and no other, so that callers outside get none for an API
that was inside until now.
"""

from __future__ import annotations

from dataclasses import dataclass

from apim_aks.apis.mapping.model import Mapping
from apim_aks.apis.mapping.newly_reached import newly_reached
from apim_aks.workload.model import Workload
from apim_aks.workload.names import label


@dataclass(frozen=True, slots=True)
class Product:
    """A product by its id in API Management, its words, and the ids of its APIs."""

    id: str
    title: str
    description: str
    apis: tuple[str, ...]


def products(workload: Workload, mapping: Mapping) -> tuple[Product, ...]:
    """The product with every API, and one for callers outside where some APIs are not theirs.

    An API is theirs where all of its Services have a public address or a route today.
    """
    id, title = label(workload.name), workload.title
    inner = set(newly_reached(workload, mapping.published))
    outer = tuple(a.id for a in mapping.apis if not inner & {o.service for o in a.operations})
    every = tuple(a.id for a in mapping.apis)
    whole = Product(id, title, f"The APIs of {title}", every)
    if not outer or outer == every:
        return (whole,)
    said = f"The APIs of {title} that the internet reaches today: no others for callers outside"
    return (whole, Product(f"{id}-external", f"{title}, external", said, outer))
