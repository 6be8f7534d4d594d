"""ForkedKernel of the Python that is running, which bind their own ports."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from jupyter_client.connect import KernelConnectionInfo, port_names
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from apim_aks.notebook.report.forked import QUIET, ForkedKernel

START_SECONDS = 600
"""A guard against a kernel that hangs before its first word; starting takes about a second."""

_LAUNCHER = "ipykernel_launcher"
_QUIET = {**QUIET, "PYTHONWARNINGS": "ignore::DeprecationWarning"}


class OwnPorts(LocalProvisioner):
    """A kernel that binds free ports itself.

    A port that one process finds free and another binds later can be taken in between, which ended
    kernels with `ZMQError: Address already in use`. Where the connection file says port 0,
    ipykernel binds a free one and writes it there (https://github.com/ipython/ipykernel/pull/1133).
    """

    async def launch_kernel(self, cmd: list[str], **more: Any) -> KernelConnectionInfo:
        """The kernel started, with the ports that it bound.

        Raises:
            RuntimeError: the kernel ended before it had bound its ports.
            TimeoutError: it neither bound them nor ended.
        """
        manager: Any = self.parent
        file = Path(manager.connection_file)
        _free(manager, file)
        kernel: ForkedKernel | None = getattr(manager, "forked", None)
        if kernel is None:
            await super().launch_kernel(cmd, **more)
        else:
            kernel.launch(cmd[cmd.index(_LAUNCHER) + 1 :], more["cwd"], more["env"])
            self.process, self.pid = cast("Any", kernel), kernel.pid
        try:
            await asyncio.wait_for(self._ports_bound(file), START_SECONDS)
        except TimeoutError:
            await self.kill()
            await self.wait()
            raise
        manager.load_connection_file()
        info: KernelConnectionInfo = manager.get_connection_info()
        return info

    async def _ports_bound(self, file: Path) -> None:
        while not _bound(file):
            if await self.poll() is not None:
                raise RuntimeError("The kernel ended before it had bound its ports.")
            await asyncio.sleep(0.02)


def _free(manager: Any, file: Path) -> None:
    for name in port_names:
        setattr(manager, name, 0)
    asked = json.loads(file.read_text("utf-8")) | dict.fromkeys(port_names, 0)
    file.write_text(json.dumps(asked), "utf-8")


def _bound(file: Path) -> bool:
    """Whether all ports are written, while the kernel may be writing them."""
    with suppress(OSError, ValueError):
        written = json.loads(file.read_text("utf-8"))
        return all(written[name] for name in port_names)
    return False


class ThisPython(AsyncKernelManager):
    """The manager of one such kernel, whatever kernels are registered beside it."""

    forked: ForkedKernel | None = None

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.provisioner = OwnPorts(parent=self, kernel_spec=self.kernel_spec)

    @property
    def kernel_spec(self) -> KernelSpec:
        """The running interpreter, without a debugger and without notices on the terminal."""
        argv = [sys.executable, "-Xfrozen_modules=off", "-m", _LAUNCHER]
        quiet = ["--log-level=CRITICAL", "--HistoryManager.enabled=False"]
        env = _QUIET | _python_path()
        return KernelSpec(argv=[*argv, "-f", "{connection_file}", *quiet], env=env)


def manager(kernel: ForkedKernel | None) -> type[ThisPython]:
    """The manager whose kernel is this one, where there is one."""
    return type("ThisPython", (ThisPython,), {"forked": kernel})


def _python_path() -> dict[str, str]:
    """Folders named from here, for kernels that run elsewhere."""
    given = os.environ.get("PYTHONPATH", "")
    whole = os.pathsep.join(str(Path(p).resolve()) for p in given.split(os.pathsep) if p)
    return {"PYTHONPATH": whole} if whole else {}
