"""The controls of the decision panel, one kind each; nothing is decided here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ipywidgets

from apim_aks.decision.design import Placement
from apim_aks.errors import InputError
from apim_aks.facts import requirement_row, tiers
from apim_aks.notebook.chosen import choose, home
from apim_aks.options.tier_choice import can_do
from apim_aks.workload.file import copy_bundled
from apim_aks.workload.model import Workload

Control = Any
"""A widget of ipywidgets, which has no types of its own."""

WIDE = {"description_width": "14rem"}
WIDTH = "34rem"
GOES_ON = "All notebooks use it from now on. Run this one again."
"""The message after a workload has been copied."""
_CHEAPEST = ("the cheapest that fits", "")
_MOST_UNITS = 10


def wrapping(width: str) -> Control:
    """This wide where there is room; below its label where both do not fit beside each other."""
    return ipywidgets.Layout(width=width, max_width="100%", height="auto", flex_flow="row wrap")


def folder_text(label: Mapping[str, str], width: str) -> Control:
    """The folder into which a bundled workload is copied before it is saved."""
    return ipywidgets.Text(
        description="Copy to",
        placeholder="such as my-workload",
        style=label,
        layout=wrapping(width),
    )


def copied(bundled: str, folder: str) -> Path:
    """The workload.yaml of a copy below the home, which all notebooks are about from now on.

    Raises:
        InputError: the folder is not named, or has something in it.
    """
    if not folder.strip():
        raise InputError(
            f"{bundled} comes with the workbook and is not changed; name a new or empty folder "
            "under Copy to, such as my-workload."
        )
    file = copy_bundled(bundled, home() / folder.strip())
    choose(file)
    return file


def requirement_switch(name: str, workload: Workload) -> Control:
    """A requirement to ask or not, as the workload has it."""
    row = requirement_row(name)
    return ipywidgets.Checkbox(
        description=row.label,
        tooltip=row.question,
        value=getattr(workload.requirements, name),
        indent=False,
    )


def tier_choice(placement: Placement) -> Control:
    """The tiers that can do the option, and the cheapest that fits."""
    able = [(t.name, t.name) for t in tiers() if can_do(placement.option, t)]
    start = placement.tier.name if placement.pinned else ""
    return dropdown(placement.option.title, [_CHEAPEST, *able], start)


def unit_slider(workload: Workload) -> Control:
    """How many units each option has at least in a region, as the workload has it."""
    return ipywidgets.IntSlider(
        description="Units of each, at least",
        value=workload.traffic.least_units,
        min=1,
        max=max(_MOST_UNITS, workload.traffic.least_units),
        style=WIDE,
        layout=wrapping(WIDTH),
    )


def dropdown(label: str, choices: list[tuple[str, str]], start: str) -> Control:
    """One of these choices; the first where `start` is none of them."""
    values = [v for _, v in choices]
    return ipywidgets.Dropdown(
        description=label,
        options=choices,
        value=start if start in values else values[0],
        style=WIDE,
        layout=wrapping(WIDTH),
    )


def weight_slider(label: str, meaning: str, weight: float) -> Control:
    """The weight of an axis, in percent."""
    return ipywidgets.FloatSlider(
        description=label,
        tooltip=meaning,
        value=weight,
        min=0,
        max=100,
        step=0.5,
        readout_format=".1f",
        style=WIDE,
        layout=wrapping(WIDTH),
    )
