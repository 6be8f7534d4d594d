"""workload.yaml: read it with everything it names, save changes to it."""

from apim_aks.workload.file.reading import keep, read_workload
from apim_aks.workload.file.saving import copy_bundled, said, save
from apim_aks.workload.file.schema import workload_schema
from apim_aks.workload.file.source import DEFAULT, bundled_names, find, workload_file

__all__ = [
    "DEFAULT",
    "bundled_names",
    "copy_bundled",
    "find",
    "keep",
    "read_workload",
    "said",
    "save",
    "workload_file",
    "workload_schema",
]
