"""A first workload.yaml for a folder of manifests and OpenAPI documents.

`first_file` looks through the folder, `pairing` says which document describes which Service,
`text` writes it down with comments that say what can be set.
"""

from __future__ import annotations

from apim_aks.apis.draft.first_file import write_workload_file
from apim_aks.apis.draft.pairing import Pair, Pairing, Unpaired, pair

__all__ = ["Pair", "Pairing", "Unpaired", "pair", "write_workload_file"]
