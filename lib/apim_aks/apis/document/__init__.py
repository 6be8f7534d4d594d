"""One OpenAPI 3.0.3 document for each API, and what API Management's import makes of documents.

`api_document` merges what several teams wrote, in OpenAPI 2.0, 3.0 or 3.1; `split` cuts the result
to what a template takes; `import_findings` names what an import drops, refuses or changes.
"""

from apim_aks.apis.document.document import ApiDocument, Renamed
from apim_aks.apis.document.finding import ImportFinding
from apim_aks.apis.document.import_limits import import_findings
from apim_aks.apis.document.merging import api_document
from apim_aks.apis.document.published import (
    api_documents,
    contract_of,
    declared_in,
    documents_of,
    example_contract,
    merged,
    read_contract,
)
from apim_aks.apis.document.splitting import split
from apim_aks.apis.mapping.operation_names import operation_ids, operation_name

__all__ = [
    "ApiDocument",
    "ImportFinding",
    "Renamed",
    "api_document",
    "api_documents",
    "contract_of",
    "declared_in",
    "documents_of",
    "example_contract",
    "import_findings",
    "merged",
    "operation_ids",
    "operation_name",
    "read_contract",
    "split",
]
