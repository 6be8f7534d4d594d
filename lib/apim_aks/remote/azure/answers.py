"""Answers of the SDK as the JSON that travelled, whatever generation the client is of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apim_aks.remote.azure.refusal import AzureRefused, Json, VerdictUnknown


def as_json(model: Any) -> Json:
    """A model of any SDK generation as the JSON that travelled."""
    if isinstance(model, dict):
        return model
    if model is None:
        # A poller whose thread ended says nothing: that is no answer, least of all an empty one.
        raise VerdictUnknown(
            "Azure's answer was lost; run the command again: it first checks what is there."
        )
    if hasattr(model, "serialize"):
        return dict(model.serialize(keep_readonly=True))
    return dict(model.as_dict())


def absent_as_none(ask: Callable[[], Any]) -> Any:
    """The answer, None where it is a plain 404: a thing that is not there is no error."""
    from azure.core.exceptions import ResourceNotFoundError

    try:
        return ask()
    except ResourceNotFoundError:
        return None
    except AzureRefused as refused:
        if refused.fault.status == 404:
            return None
        raise
