"""Where things are: this repository, and other people's systems beside it."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
CORPORA = Path(os.environ.get("APIM_AKS_CORPORA") or REPOSITORY.parent / "shared" / "corpora")
"""The folder of other people's systems, whether it is there or not."""
