"""Where those who call the published APIs call from."""

from __future__ import annotations

from enum import StrEnum


class Consumer(StrEnum):
    """A place from which the published APIs are called."""

    INTERNET = "internet"
    SAME_VNET = "same-vnet"
    PEERED_VNET = "peered-vnet"
    ON_PREMISES = "on-premises"

    @property
    def place(self) -> str:
        """Where that is, in a reader's words."""
        return {
            "internet": "on the internet",
            "same-vnet": "in the same virtual network",
            "peered-vnet": "in a peered virtual network",
            "on-premises": "on premises",
        }[self.value]

    @property
    def label(self) -> str:
        """Who calls from there."""
        return f"Consumers {self.place}"
