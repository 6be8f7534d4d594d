"""Files from other teams as plain data with line numbers, whatever is in them."""

from apim_aks.workload.documents.reading import (
    HELM,
    MAX_BYTES,
    NOTHING,
    Parsed,
    Reading,
    described,
    is_template,
    parse,
    printable,
    read_file,
    shortened,
)
from apim_aks.workload.documents.watched import watched
from apim_aks.workload.documents.writing import (
    dump,
    dump_again,
    dump_all,
    is_laid_out,
    line_in,
    lines_of,
)
from apim_aks.workload.documents.yaml_nodes import MAX_DEPTH, MAX_NODES, NumberKey

__all__ = [
    "HELM",
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_NODES",
    "NOTHING",
    "NumberKey",
    "Parsed",
    "Reading",
    "described",
    "dump",
    "dump_again",
    "dump_all",
    "is_laid_out",
    "is_template",
    "line_in",
    "lines_of",
    "parse",
    "printable",
    "read_file",
    "shortened",
    "watched",
]
