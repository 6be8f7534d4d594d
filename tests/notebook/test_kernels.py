"""Kernels of reports: no two of them race for a port."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from jupyter_client.connect import ConnectionFileMixin, port_names
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop

from apim_aks.notebook.report import kernels
from apim_aks.notebook.report.kernels import ThisPython

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every port that is chosen for a kernel is bound by somebody else before it starts."""
    write = ConnectionFileMixin.write_connection_file
    with ExitStack() as others:

        def and_taken(manager: Any, **more: Any) -> None:
            write(manager, **more)
            for port in manager.ports:
                others.enter_context(socket.create_server((manager.ip, port)))

        monkeypatch.setattr(ConnectionFileMixin, "write_connection_file", and_taken)
        yield


async def answered(manager: AsyncKernelManager) -> list[int]:
    """The ports of a kernel that has answered."""
    await manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=kernels.START_SECONDS)
        return manager.ports
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)


def run(manager: AsyncKernelManager) -> list[int]:
    try:
        return ensure_event_loop().run_until_complete(answered(manager))
    finally:
        ensure_event_loop().close()


@pytest.mark.usefixtures("taken")
def test_a_kernel_needs_none_of_the_ports_that_seemed_free() -> None:
    ports = run(ThisPython())
    assert len(set(ports)) == len(port_names) and all(ports)


@pytest.mark.usefixtures("taken")
def test_a_kernel_that_is_given_its_ports_dies_of_them() -> None:
    class Given(ThisPython):
        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            self.provisioner = None

    with pytest.raises(RuntimeError, match="Kernel died"):
        run(Given())


def test_a_kernel_that_ends_at_once_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    argv = [sys.executable, "-c", "pass"]
    monkeypatch.setattr(ThisPython, "kernel_spec", kernels.KernelSpec(argv=argv))
    with pytest.raises(RuntimeError, match="ended before it had bound its ports"):
        run(ThisPython())


def test_a_kernel_that_hangs_at_once_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "START_SECONDS", 0)
    with pytest.raises(TimeoutError):
        run(ThisPython())
