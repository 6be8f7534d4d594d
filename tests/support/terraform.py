"""Terraform run on an exported module without Azure: what it makes of every expression.

No provider is there, so that each `azapi_resource` becomes the built-in `terraform_data` with the
same arguments. Terraform then reads, plans and applies the whole module: variables, functions,
references, order. What only the provider knows (its arguments, the schemas of Azure) is not tried.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TERRAFORM = shutil.which("terraform")
CLIENT = {"subscription_id": "<subscription>", "tenant_id": "<tenant>"}
GIVEN = "given"
"""Where the arguments of a resource stand, beside what it exports."""

META = ("count", "depends_on", "lifecycle", "//")
_ADDRESS = re.compile(r"\b(data\.)?(azapi_resource|azapi_update_resource)\.")


def stood_in(files: Mapping[str, str]) -> dict[str, str]:
    """The files of the module with built-in resources in place of those of the provider."""
    return {
        name: json.dumps(_file(name, json.loads(text))) if name.endswith(".tf.json") else text
        for name, text in files.items()
    }


def _file(name: str, content: dict[str, Any]) -> Any:
    made = _renamed(content)
    resources = made.get("resource") or {}
    stands = resources.pop("terraform_data", {})
    for kind in ("azapi_resource", "azapi_update_resource"):
        for label, block in resources.pop(kind, {}).items():
            stands[f"{kind}_{label}"] = _block(f"{kind}.{label}", block)
    for label, block in (made.pop("data", None) or {}).get("azapi_resource", {}).items():
        stands[f"azapi_resource_{label}"] = _block(f"data.{label}", block)
    if name == "main.tf.json":
        made.pop("provider"), made["terraform"].pop("required_providers")
        made["locals"]["client"] = CLIENT
    return {**made, **({"resource": {"terraform_data": stands}} if stands else {})}


def _block(address: str, block: dict[str, Any]) -> dict[str, Any]:
    """The block as a built-in one; what it exports stands under the same path of its output."""
    meta = {k: v for k, v in block.items() if k in META}
    if "ignore_changes" in meta.get("lifecycle", {}):
        kept = [f"input.{GIVEN}.{path}" for path in meta["lifecycle"]["ignore_changes"]]
        meta["lifecycle"] = {"ignore_changes": kept}
    given: dict[str, Any] = {GIVEN: {k: v for k, v in block.items() if k not in META}}
    for path in block["response_export_values"]:
        *above, last = path.split(".")
        shown, within = f"<{address} {path}>", given
        for name in above:
            within = within.setdefault(name, {})
        within[last] = [shown] if last.endswith("Addresses") else shown
    return {**meta, "input": given}


def _renamed(value: Any) -> Any:
    """Addresses and functions of the provider as what stands in for them."""
    if isinstance(value, Mapping):
        return {_renamed(k) if k not in KINDS else k: _renamed(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_renamed(v) for v in value]
    if not isinstance(value, str):
        return value
    text = value.replace("data.azapi_client_config.current", "local.client")
    text = text.replace("provider::azapi::unique_string(", "jsonencode(")
    return _ADDRESS.sub(r"terraform_data.\2_", text)


KINDS = ("azapi_resource", "azapi_update_resource")


def applied(
    folder: Path, files: Mapping[str, str], values: Mapping[str, Any], var_file: str = ""
) -> dict[str, Any]:
    """What Terraform holds of each resource once the module is applied, by its address.

    A file of variables is given as its README gives it; without one Terraform finds its own.
    """
    for name, text in stood_in(files).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "given.auto.tfvars.json").write_text(json.dumps(values), encoding="utf-8")
    run(folder, "init", "-input=false", "-backend=false")
    run(folder, "validate")
    given = [f"-var-file={var_file}"] if var_file else []
    run(folder, "apply", "-auto-approve", "-input=false", "-refresh=false", *given)
    state = json.loads(run(folder, "show", "-json"))
    found: list[dict[str, Any]] = state["values"]["root_module"]["resources"]
    return {r["address"].removeprefix("terraform_data."): r["values"] for r in found}


def run(folder: Path, *arguments: str) -> str:
    """What Terraform says; an error of it is one of the test."""
    command = [str(TERRAFORM), *arguments, *(() if arguments[0] == "show" else ("-no-color",))]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, re.sub(r"(?m)^(.{300}).*$", r"\1…", done.stdout + done.stderr)
    return done.stdout
