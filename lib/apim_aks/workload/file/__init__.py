"""workload.yaml: read it with everything it names, save changes to it."""

from apim_aks.workload.file.reading import keep, read_workload
from apim_aks.workload.file.saving import copy_bundled, said, save
from apim_aks.workload.file.schema import workload_schema
from apim_aks.workload.file.source import bundled_names, find

__all__ = [
    "bundled_names",
    "copy_bundled",
    "find",
    "keep",
    "read_workload",
    "said",
    "save",
    "workload_schema",
]
