"""The options, in the order of every table, picture and report.

An option of your own joins them without a change here: name it in the environment variable
`APIM_AKS_OPTIONS` as `module:ATTRIBUTE`, several separated by commas.
"""

from __future__ import annotations

import importlib
import os

from apim_aks.errors import InputError
from apim_aks.options import (
    ingress_mtls,
    public_services,
    self_hosted_gateway,
    v2_injection,
    v2_integration,
    vnet_external,
    vnet_internal,
)
from apim_aks.options.option import Option, Setting


def _named(reference: str) -> Option:
    module, _, attribute = reference.strip().partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(
            f"APIM_AKS_OPTIONS names {reference.strip()!r}, which cannot be loaded ({error}). "
            "Write it as module:ATTRIBUTE."
        ) from None
    if not isinstance(found, Option):
        raise InputError(f"APIM_AKS_OPTIONS names {reference.strip()!r}, which is not an Option.")
    return found


OPTIONS: tuple[Option, ...] = (
    public_services.OPTION,
    ingress_mtls.OPTION,
    vnet_external.OPTION,
    vnet_internal.OPTION,
    v2_integration.OPTION,
    v2_injection.OPTION,
    self_hosted_gateway.OPTION,
    *(_named(r) for r in os.environ.get("APIM_AKS_OPTIONS", "").split(",") if r.strip()),
)


def option(id: str) -> Option:
    """The option of this id.

    Raises:
        InputError: there is no such option; the sentence lists those there are.
    """
    for candidate in OPTIONS:
        if candidate.id == id:
            return candidate
    ids = ", ".join(o.id for o in OPTIONS)
    raise InputError(f"Option {id!r} is unknown; use one of {ids}.")


__all__ = ["OPTIONS", "Option", "Setting", "option"]
