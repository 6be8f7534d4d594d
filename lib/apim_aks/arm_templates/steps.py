"""What no template can do: certificates, and what an existing thing lacks."""

from __future__ import annotations
from dataclasses import dataclass
from apim_aks.design import Design, Placement

@dataclass(frozen=True)
class Step:
    what: str

def certificates_step(design: Design, placement: Placement) -> tuple[str, ...]:
    return ()

def prerequisites(design: Design, placement: Placement) -> tuple[Step, ...]:
    return ()
