"""Changes to a workload.yaml that keep what people wrote around them."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apim_aks.workload import WorkbookError
from apim_aks.workload_file.source import BUNDLED, check_text, find, load, shown


def save(path: str | Path, changes: Mapping[str, Any]) -> Path:
    """Write these keys into a workload.yaml; comments and everything else stay as they are.

    A mapping is merged key by key, None takes a key away. The file is replaced in one step.

    Raises:
        WorkbookError: the workload is a bundled one, or would not be valid afterwards.
    """
    file = find(path).resolve()
    if file.is_relative_to(BUNDLED.resolve()):
        raise WorkbookError(
            f"Workload {file.parent.name!r} comes with the workbook and is not changed; "
            "copy its folder first and use the path of the copy."
        )
    load(file, outside=True)
    content = _changed(file, file.read_bytes(), changes)
    check_text(file, content)
    _replace(file, content)
    return file


def _changed(file: Path, content: bytes, changes: Mapping[str, Any]) -> bytes:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = content.decode("utf-8-sig")
    try:
        data = yaml.load(text.replace("\r\n", "\n"))
    except YAMLError as error:
        reason = str(error).splitlines()[0]
        raise WorkbookError(
            f"{shown(file)}: found text that cannot be kept ({reason}); expected YAML."
        ) from None
    _merge(data, changes)
    out = io.StringIO()
    yaml.dump(data, out)
    written = out.getvalue()
    return (written.replace("\n", "\r\n") if "\r\n" in text else written).encode()


def _merge(data: Any, changes: Mapping[str, Any]) -> None:
    for key, value in changes.items():
        if value is None:
            data.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(data.get(key), Mapping):
            _merge(data[key], value)
        else:
            data[key] = _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return str(value) if isinstance(value, str) else value


def _replace(file: Path, content: bytes) -> None:
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(content)
            shutil.copymode(file, name)
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise WorkbookError(
            f"{shown(file)}: found a file that cannot be written ({error.strerror}); "
            "expected one that can."
        ) from None
