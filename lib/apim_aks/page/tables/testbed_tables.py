"""The results of the testbed, and what ran in place of what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from apim_aks.columns import Column
from apim_aks.facts.testbed import StandIn, stand_ins
from apim_aks.page.html import Html, folded, joined, paragraph, table
from apim_aks.page.tables.check_tables import checks_table

if TYPE_CHECKING:
    from apim_aks.testbed.trial import Trial

_NOT_RUN = (
    "The testbed was not run: set testbed to True in the parameters, or use the command "
    "apim-aks testbed. It needs the extra testbed and no Azure."
)


def trial(found: Trial | None) -> Html:
    """The checks of a trial, or how it is run; and what it proves and does not."""
    if found is None:
        return paragraph(_NOT_RUN) + _folded(stand_ins())
    return joined((checks_table(found.checks, "Checks of the testbed"), _folded(found.parts)))


def _folded(parts: Sequence[StandIn]) -> Html:
    """What runs for what: nothing where it did not run."""
    return folded("What runs for what, and what that does not prove", _parts(parts))


def _parts(parts: Sequence[StandIn]) -> Html:
    return table(
        "What runs in the testbed",
        parts,
        Column("Runs", lambda p: p.runs),
        Column("Stands for", lambda p: p.stands_for),
        Column("Does not prove", lambda p: p.not_proved),
    )
