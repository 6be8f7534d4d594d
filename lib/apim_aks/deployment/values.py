"""The deployer's values, from the environment, a file and arguments; they are never shown."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from apim_aks.errors import InputError
from apim_aks.remote.azure import remember

VALUES = "APIM_AKS_VALUE_"
_PUBLIC = 20
"""Values up to this length are taken as names and addresses; a secret is longer."""


def deployer_values(file: str = "", pairs: Iterable[str] = ()) -> dict[str, Any]:
    """The values by name: environment, then file, then `NAME=VALUE` pairs.

    Raises:
        InputError: the file is no JSON object, or a pair has no equals sign.
    """
    found: dict[str, Any] = {
        name.removeprefix(VALUES): value
        for name, value in os.environ.items()
        if name.startswith(VALUES)
    }
    found |= _read(file) if file else {}
    found |= dict(_pair(p) for p in pairs)
    for name, value in found.items():
        if isinstance(value, str) and "email" not in name.lower() and len(value) > _PUBLIC:
            remember(value)
    return found


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"--value {name!r} has no equals sign. Write NAME=VALUE.")
    return name.strip(), value


def _read(path: str) -> dict[str, Any]:
    try:
        held = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: this cannot be read ({type(error).__name__}). Use a JSON object of values."
        ) from None
    if not isinstance(held, dict):
        raise InputError(f"{path}: the file is not a JSON object. Use a JSON object of values.")
    return held


def require_switches(**switches: Any) -> None:
    """Return if each of these parameters is a truth value; any text would count as true.

    Raises:
        InputError: a parameter is not a truth value.
    """
    for name, value in switches.items():
        if not isinstance(value, bool):
            raise InputError(f"Parameter {name} is {value!r}. It must be True or False.")
