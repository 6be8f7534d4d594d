"""Values of a template as an APIOps folder has them: relative ids, and tokens of a pipeline.

A token such as `{#[TENANT_ID]#}` is replaced by the pipeline that either tool sets up, before it
publishes: https://github.com/Azure/apiops-cli/blob/main/docs/guides/token-substitution.md
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apim_aks.artefacts.bundle import environment_variable
from apim_aks.artefacts.export.typed_stages import TypedStage, Value
from apim_aks.errors import InputError
from apim_aks.facts import azure_facts
from apim_aks.template_expression import Call, Part

SERVICE = "Microsoft.ApiManagement/service"
_HOLE = re.compile(r"\{([0-9]+)\}")


@dataclass(frozen=True, slots=True)
class Values:
    """What the parameters of a stage are, and the tokens that were written, with their meaning."""

    stage: TypedStage
    asked: dict[str, str] = field(default_factory=dict)

    def plain(self, value: Value) -> Any:
        """A value without calls."""
        if isinstance(value, Mapping):
            return {self.plain(k): self.plain(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self.plain(v) for v in value]
        return self._call(value) if isinstance(value, Call) else value

    def _call(self, call: Call) -> Any:
        if call.name == "parameters":
            return self._parameter(str(call.arguments[0]))
        if call.name == "format":
            holes, *parts = call.arguments
            return _HOLE.sub(lambda hole: str(self.plain(parts[int(hole[1])])), str(holes))
        if call.name == "resourceId":
            return self._relative(call.arguments)
        if (call.name, *call.members) == ("environment", "suffixes", "keyvaultDns"):
            return f".{azure_facts().key_vault_suffix}"
        if call.name == "reference" and call.members:
            return self._output(call)
        raise InputError(f"{call.name}() of a template has no counterpart in an APIOps folder.")

    def _parameter(self, name: str) -> Any:
        if name in self.stage.given:
            return self.stage.given[name]
        declared = self.stage.parameters[name]
        if "defaultValue" in declared:
            return declared["defaultValue"]
        return self._token(name, declared["metadata"]["description"])

    def _relative(self, arguments: tuple[Part, ...]) -> str:
        """The id of a child of the service without that of the service."""
        type, _, *names = arguments
        kinds = str(type).removeprefix(f"{SERVICE}/").split("/")
        pairs = zip(kinds, names, strict=True)
        return "".join(f"/{kind}/{self.plain(name)}" for kind, name in pairs)

    def _output(self, call: Call) -> str:
        id = call.arguments[0]
        type = id.arguments[0] if isinstance(id, Call) else id
        return self._token(str(call.members[-1]), f"{call.members[-1]} of the {type}")

    def _token(self, name: str, meaning: str) -> str:
        token = environment_variable(name)
        self.asked[token] = meaning
        return f"{{#[{token}]#}}"
