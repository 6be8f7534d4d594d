"""What comparing one schema may ask about the others."""

from __future__ import annotations

from typing import Protocol

from apim_aks.apis.contract.components import Components, Parts
from apim_aks.apis.contract.finding import Pair
from apim_aks.apis.contract.shape import Shape


class Pairs(Protocol):
    """The schemas of two documents, each compared with its counterpart once."""

    before: Components
    after: Components

    def before_shape(self, parts: Parts) -> Shape:
        """The shape of a schema of the document before."""

    def after_shape(self, parts: Parts) -> Shape:
        """The shape of a schema of the document after."""

    def equal(self, pair: Pair) -> bool:
        """Nothing differs at this pair or anywhere below it."""
