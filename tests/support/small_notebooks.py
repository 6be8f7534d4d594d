"""Notebooks of a few lines, one for each way a notebook can end."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat import v4

PARAMETERS = 'workload: str = "contoso-orders"  # a name\nout: str = ""  # a folder'
READ = "from apim_aks.workload.file import read_workload\nread = read_workload(workload)"


def notebook(
    folder: Path, *code: str, name: str = "01_one", interactive: str = "", head: str = "# One"
) -> Path:
    """A notebook with a heading, the parameters and these code cells."""
    folder.mkdir(exist_ok=True)
    cells = [
        v4.new_markdown_cell(head, id="head"),
        v4.new_code_cell(PARAMETERS, id="parameters", metadata={"tags": ["parameters"]}),
        *(v4.new_code_cell(source, id=f"code-{i}") for i, source in enumerate(code)),
    ]
    if interactive:
        tags = {"tags": ["interactive"]}
        cells.insert(2, v4.new_code_cell(interactive, id="interactive", metadata=tags))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    node = v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    path = folder / f"{name}.ipynb"
    nbformat.write(node, path)
    return path
