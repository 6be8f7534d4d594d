"""OpenAPI documents as operations; a path that no API can have is named and left out.

`reading` is about a document as a whole, `operations` about its paths, `templates` about which
paths API Management can publish.
"""

from apim_aks.workload.openapi.operations import METHODS, SECTIONS
from apim_aks.workload.openapi.reading import (
    WANTED,
    first_document,
    is_openapi,
    read_declared,
    read_document,
    read_openapi,
    references,
)

__all__ = [
    "METHODS",
    "SECTIONS",
    "WANTED",
    "first_document",
    "is_openapi",
    "read_declared",
    "read_document",
    "read_openapi",
    "references",
]
