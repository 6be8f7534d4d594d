"""jsonschema without the grammar of internationalised addresses that it builds when imported.

Building it takes longer than all else that a report imports, and no schema of a notebook has the
format `iri`, which it is for. Without the package jsonschema passes that format over
(https://python-jsonschema.readthedocs.io/en/stable/validate/#validating-formats).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

GRAMMAR = "rfc3987_syntax"


@contextmanager
def without_grammar() -> Iterator[None]:
    """What is imported inside finds the grammar missing; afterwards it can be imported again."""
    if GRAMMAR in sys.modules:
        yield
        return
    sys.modules[GRAMMAR] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[GRAMMAR]
