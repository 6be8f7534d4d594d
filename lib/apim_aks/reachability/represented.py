"""Pods that the input does not hold, and that rules of policies speak of: by their selectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apim_aks.reachability.scene import METADATA_NAME
from apim_aks.workload.network_policy import Expression, Peer, Selector


@dataclass(frozen=True, slots=True)
class Represented:
    """Pods with the labels that `pods` asks for, in namespaces with those of `namespaces`.

    They have no labels beside these. Where a namespace is known by its name alone, `namespace` is
    that name. Without anything they stand for any pod of the cluster.
    """

    pods: Selector = Selector()
    namespaces: Selector = Selector()
    namespace: str = ""

    def picked(self, peer: Peer, own: str, declared: Mapping[str, Mapping[str, str]]) -> bool:
        """An entry of a policy in the namespace `own` picks them.

        `declared` are the labels of the namespaces that the input holds.
        """
        spaces = self._in_spaces(peer.namespaces, own, declared)
        return spaces and _asks_no_more(peer.pods or Selector(), self.pods)

    def _in_spaces(
        self, asked: Selector | None, own: str, declared: Mapping[str, Mapping[str, str]]
    ) -> bool:
        if asked is None:
            return self.namespace == own
        if self.namespace:
            name = {METADATA_NAME: self.namespace}
            return asked.picks(declared.get(self.namespace, name))
        return _asks_no_more(asked, self.namespaces)


def _asks_no_more(asked: Selector, given: Selector) -> bool:
    """Whatever a selector asks for, another asks for as well, or its labels say."""
    labels, known = dict(given.equal), set(map(said, given.expressions))
    return set(asked.equal) <= set(given.equal) and all(
        said(e) in known or (e.key in labels and e.fits(labels)) for e in asked.expressions
    )


def said(expression: Expression) -> tuple[object, ...]:
    """What an expression says, whatever the order of its values."""
    return expression.key, expression.operator, frozenset(expression.values)
