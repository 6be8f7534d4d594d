"""Files that are embedded in a page, for download without a network."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from apim_aks.artefacts.bundle import Artefact, Artefacts, archive
from apim_aks.columns import Column
from apim_aks.page.html import Content, Html, element, folded, joined, paragraph, table

CARRIED = 3_000_000
"""Bytes of files that a page carries at most; beyond it the files beside the page are linked."""
_TYPES = {"json": "application/json", "yaml": "application/yaml", "xml": "application/xml"}


def downloads(*built: Artefacts) -> Html:
    """Every file of these placements to be kept, and all files of each as one ZIP.

    The page carries the files itself as long as they are small together; else it carries the ZIP
    files and links the files beside it.
    """
    files = [b.files for b in built]
    total = sum(_carried(f.size) for listed in files for f in listed)
    carried = total <= CARRIED
    where = "the page carries them" if carried else "the ZIP files are in the page, these beside it"
    said = paragraph(f"{sum(map(len, files))} files, {size(total)}: {where}.")
    return said + joined(_of(b, f, carried) for b, f in zip(built, files, strict=True))


def _carried(bytes: int) -> int:
    """The size of so many bytes as text in a page."""
    return 4 * -(-bytes // 3)


def _of(built: Artefacts, files: Sequence[Artefact], carried: bool) -> Html:
    option, packed = built.drawn.option, archive(built)
    name = f"{built.drawn.workload.name}-{option.id}.zip"
    whole = paragraph(
        _link("All files as one ZIP", name, _data("application/zip", packed)),
        f" ({size(len(packed))}): {option.title}",
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
