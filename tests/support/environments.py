"""A bundled workload as three environments deploy it."""

from __future__ import annotations

import shutil
from pathlib import Path

from apim_aks.facts import DATA

ENVIRONMENTS = """
environments:
  dev:
    azure:
      environment: rehearsal
      region: northeurope
      name_suffix: ordersdev
      host_name: api.dev.example
    placements: {vnet-internal: {tier: Developer}}
  test:
    azure: {name_suffix: orderstest, publisher_email: test@contoso.example}
  prod:
    azure: {host_name: api.contoso.example}
    traffic: {units: 2}
"""


def with_environments(folder: Path, said: str = ENVIRONMENTS, name: str = "contoso-orders") -> Path:
    """A copy of the workload whose file says this of its environments."""
    copied = folder / name
    if not copied.exists():
        shutil.copytree(DATA / "workloads" / name, copied)
    plain = (DATA / "workloads" / name / "workload.yaml").read_text(encoding="utf-8")
    (copied / "workload.yaml").write_text(plain + said, encoding="utf-8")
    return copied
