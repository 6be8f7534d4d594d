"""The gateway as it is configured: APIs, products, subscriptions, back ends, documents by scope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from apim_aks.testbed.policies.document import Document


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of an API: the name of its resource, its method and its URL template."""

    id: str
    method: str
    template: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """An API: its path without slashes at its ends, and its version as a part of the path."""

    id: str
    path: str
    version: str = ""
    schemes: tuple[str, ...] = ("https",)
    needs_key: bool = True
    operations: tuple[Operation, ...] = ()


@dataclass(frozen=True, slots=True)
class Product:
    """A product: the APIs in it, and whether it is open to callers without a key."""

    id: str
    apis: frozenset[str]
    needs_key: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A subscription: its keys, what they open, and when it began, in seconds.

    `product` or `api` is the id of what it is for; neither: all APIs.
    """

    id: str
    keys: tuple[str, ...] = field(repr=False)
    product: str = ""
    api: str = ""
    active: bool = True
    began: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """A back end: its address, or the members of a pool, each with its weight.

    `checked` says that the certificate that it shows is checked.
    """

    id: str
    url: str = ""
    checked: bool = True
    members: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """Everything that the gateway knows when a call comes in.

    `documents` are by scope (service, product, api, operation) and the id of what they belong to:
    an operation's is `<api>/<operation>`, that of the service is empty.
    """

    apis: tuple[Api, ...]
    products: tuple[Product, ...] = ()
    subscriptions: tuple[Subscription, ...] = field(default=(), repr=False)
    backends: Mapping[str, Backend] = field(default_factory=dict)
    certificates: frozenset[str] = frozenset()
    documents: Mapping[tuple[str, str], Document] = field(default_factory=dict, repr=False)
