"""Files that are embedded in a page, for download without a network."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import partial

from apim_aks.artefacts.bundle import Artefact, Artefacts, archive
from apim_aks.columns import Column
from apim_aks.page.html import Content, Html, element, folded, joined, paragraph, table

CARRIED = 600_000
"""Bytes of files that a page carries at most; beyond it the files beside the page are linked."""
PACKED = 400_000
"""Bytes of ZIP files that a page carries at most, which has tables of as many files beside them."""
_IN_PAGE = "the page carries them"
_ZIP_IN_PAGE = "the ZIP files are in the page, these beside it"
_BESIDE = "too large for a page, they lie beside it in a report"
_TYPES = {"json": "application/json", "yaml": "application/yaml", "xml": "application/xml"}


def downloads(*built: Artefacts) -> Html:
    """Every file of these placements to be kept, and all files of each as one ZIP.

    The page carries the files itself as long as they are small together with the ZIP files; else
    it carries the ZIP files and links the files beside it; else it links them alone.
    """
    files, packed = [b.files for b in built], [archive(b) for b in built]
    whole = sum(_carried(len(one)) for one in packed)
    total = sum(_carried(f.size) for listed in files for f in listed)
    carried = total + whole <= CARRIED
    where = _IN_PAGE if carried else _ZIP_IN_PAGE if whole <= PACKED else _BESIDE
    said = paragraph(f"{sum(map(len, files))} files, {size(total)}: {where}.")
    kept = packed if carried or whole <= PACKED else [b""] * len(packed)
    return said + joined(map(partial(_of, carried=carried), built, files, kept))


def _carried(bytes: int) -> int:
    """The size of so many bytes as text in a page."""
    return 4 * -(-bytes // 3)


def _of(built: Artefacts, files: Sequence[Artefact], packed: bytes, carried: bool) -> Html:
    option = built.drawn.option
    name = f"{built.drawn.workload.name}-{option.id}.zip"
    zipped = _link("All files as one ZIP", name, _data("application/zip", packed))
    folder = element("a", f"All files, in the folder {option.id}", href=f"{option.id}/")
    whole = (
        paragraph(zipped, f" ({size(len(packed))}): {option.title}")
        if packed
        else paragraph(folder, f": {option.title}")
    )
    each = table(
        f"Files: {option.title}",
        files,
        Column("File", lambda f: _file(option.id, f, carried)),
        Column("Size", lambda f: size(f.size)),
        Column("What for", lambda f: f.because),
    )
    return whole + folded(f"Show the {len(files)} files of {option.title}", each)


def _file(option: str, file: Artefact, carried: bool) -> Html:
    short = file.file.rpartition("/")[2]
    kind = _TYPES[short.rpartition(".")[2]]
    beside = f"{option}/{file.file}"
    return _link(file.file, short, _data(kind, file.text.encode()) if carried else beside)


def _link(words: Content, name: str, href: str) -> Html:
    return element("a", words, download=name, href=href)


def _data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def size(bytes: int) -> str:
    """A size in human-readable form."""
    if bytes < 1000:
        return f"{bytes} bytes"
    return f"{bytes / 1000:.0f} kB" if bytes < 999_500 else f"{bytes / 1_000_000:.1f} MB"
