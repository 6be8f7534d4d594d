"""Values of a template as Terraform writes them: texts with `${…}` in JSON, calls as HCL."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apim_aks.artefacts.export.symbols import snake, split
from apim_aks.artefacts.export.typed_stages import Document, Target, Value, found_target, target_of
from apim_aks.errors import InputError
from apim_aks.facts import azure_facts
from apim_aks.facts.exports import export_defaults
from apim_aks.template_expression import Call, Part

CLIENT = "data.azapi_client_config.current"
_SUBSCRIPTION = f"${{{CLIENT}.subscription_id}}"
_HOLE = re.compile(r"\{([0-9]+)\}")
_ONE = re.compile(r"\$\{([^${}]*)\}")
_RESERVED = {
    "count",
    "depends_on",
    "for_each",
    "lifecycle",
    "locals",
    "provider",
    "providers",
    "source",
    "version",
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What the expressions of a stage see: its group, and the addresses of resources by target.

    `files` are the paths of documents by their texts.
    """

    group: Part
    addresses: Mapping[Target, str]
    files: Mapping[Document, str]


def variable(name: str) -> str:
    """The variable of a parameter: `gatewayName` is `gateway_name`."""
    found = snake(split(name))
    return f"{found}_value" if found in _RESERVED else found


def group_local(group: Part) -> str:
    """The local that holds the id of a resource group."""
    name = group.arguments[0] if isinstance(group, Call) else group
    words = snake(split(str(name).removesuffix("GroupName")))
    return "group_home" if words == "resource" else f"group_{words}"


def group_id(group: Part) -> str:
    """The id of a resource group as a text with its subscription filled in."""
    name = template(group, Scope("", {}, {}))
    return f"/subscriptions/{_SUBSCRIPTION}/resourceGroups/{name}"


def literal(text: str) -> str:
    """A text that stays as it is where `${` begins an expression."""
    return text.replace("${", "$${").replace("%{", "%%{")


def written(value: Value, scope: Scope) -> Any:
    """A value for a file of JSON."""
    if isinstance(value, Document):
        return f"${{{hcl(value, scope)}}}"
    if isinstance(value, Mapping):
        return {template(k, scope): written(v, scope) for k, v in value.items()}
    if isinstance(value, list):
        return [written(v, scope) for v in value]
    return template(value, scope) if isinstance(value, (str, Call)) else value


def template(part: Part, scope: Scope) -> str:
    """A text with its expressions in it: what a text of JSON and a quoted one of HCL hold."""
    if not isinstance(part, Call):
        return literal(str(part))
    if part.name == "format" and not part.members:
        holes, *parts = part.arguments
        pieces = enumerate(_HOLE.split(str(holes)))
        return "".join(template(parts[int(p)], scope) if n % 2 else literal(p) for n, p in pieces)
    known = _known(part, scope)
    return known if known else f"${{{hcl(part, scope)}}}"


def _known(call: Call, scope: Scope) -> str:
    """What a call means whose result no resource decides, as a text; empty for any other."""
    if context := _CONTEXT.get((call.name, *call.members)):
        return context(scope.group)
    if call.name == "subscriptionResourceId":
        type, name = (template(a, scope) for a in call.arguments)
        return f"/subscriptions/{_SUBSCRIPTION}/providers/{type}/{name}"
    target = found_target(call, scope.group)
    return "" if target is None or target in scope.addresses else id_text(target, scope)


def hcl(part: Part | Document, scope: Scope) -> str:
    """A part of an expression.

    Raises:
        InputError: Terraform has nothing for a function in it.
    """
    if isinstance(part, Document):
        return f'file("${{path.module}}/{scope.files[part]}")'
    if not isinstance(part, Call):
        return quoted(part) if isinstance(part, str) else str(part)
    if part.name == "reference":
        return _reference(part, scope)
    if part.name == "format" or _known(part, scope):
        return _alone(template(part, scope))
    write = _FUNCTIONS.get(part.name)
    if write is None:
        raise InputError(f"{part.name}() of a template has no counterpart in Terraform.")
    found = write(part.arguments, scope)
    for member in part.members:
        found += f".{member}" if isinstance(member, str) else f"[{hcl(member, scope)}]"
    return found


def quoted(text: str, kept: bool = False) -> str:
    """A quoted text of HCL; what is `kept` has its expressions written already."""
    shown = json.dumps(text if kept else literal(text), ensure_ascii=False)
    return shown.replace("\\b", "\\u0008").replace("\\f", "\\u000c") if "\\" in shown else shown


def exported_path(call: Call) -> str:
    """What of a resource a reference asks for, such as `properties.gatewayUrl`."""
    full = call.arguments[2:3] == ("Full",)
    names = [m for m in call.members if isinstance(m, str)]
    return ".".join((*(() if full else ("properties",)), *names))


def _reference(call: Call, scope: Scope) -> str:
    address = scope.addresses[target_of(call.arguments[0], scope.group)]
    indexes = "".join(f"[{m}]" for m in call.members if isinstance(m, int))
    return f"{address}.output.{exported_path(call)}{indexes}"


def _alone(text: str) -> str:
    """A text as an expression: without quotes where it is one expression and nothing else."""
    found = _ONE.fullmatch(text)
    return found[1] if found else quoted(text, kept=True)


def id_value(target: Target, scope: Scope) -> str:
    """The id of a resource as a value: of one that is made here, or put together from names."""
    address = scope.addresses.get(target)
    return f"${{{address}.id}}" if address else id_text(target, scope)


def id_text(target: Target, scope: Scope) -> str:
    """The same as a text from names alone, which is known before anything is made."""
    provider, *kinds = target.type.split("/")
    names = (template(n, scope) for n in target.names)
    pairs = "/".join(f"{kind}/{name}" for kind, name in zip(kinds, names, strict=True))
    above = id_text(target.on, scope) if target.on else f"${{local.{group_local(target.group)}}}"
    return f"{above}/providers/{provider}/{pairs}"


def _id(arguments: Sequence[Part], scope: Scope, function: str = "resourceId") -> str:
    target = target_of(Call(function, tuple(arguments)), scope.group)
    return f"{scope.addresses[target]}.id"


def _guid(arguments: Sequence[Part], scope: Scope) -> str:
    """The name that a template makes, from ids that are known before anything is made."""
    plain = Scope(scope.group, {}, scope.files)
    joined = quoted("-".join(template(a, plain) for a in arguments), kept=True)
    return f"uuidv5({quoted(export_defaults().guid_namespace)}, {joined})"


def _lambda(arguments: Sequence[Part], scope: Scope) -> str:
    listed, body = arguments
    name, result = body.arguments if isinstance(body, Call) else ("", "")
    return f"[for {name} in {hcl(listed, scope)} : {hcl(result, scope)}]"


def _object(arguments: Sequence[Part], scope: Scope) -> str:
    pairs = zip(arguments[::2], arguments[1::2], strict=True)
    fields = (
        f"{k if str(k).isidentifier() else hcl(k, scope)} = {hcl(v, scope)}" for k, v in pairs
    )
    return "{" + ", ".join(fields) + "}"


def _several(name: str, opened: str = "(", closed: str = ")") -> Callable[..., str]:
    def write(arguments: Sequence[Part], scope: Scope) -> str:
        return name + opened + ", ".join(hcl(a, scope) for a in arguments) + closed

    return write


_CONTEXT: Mapping[tuple[Part, ...], Callable[[Part], str]] = {
    ("subscription", "tenantId"): lambda _: f"${{{CLIENT}.tenant_id}}",
    ("resourceGroup", "id"): lambda group: f"${{local.{group_local(group)}}}",
    ("environment", "suffixes", "keyvaultDns"): lambda _: f".{azure_facts().key_vault_suffix}",
}
"""What a function says of where a stage is deployed."""

_FUNCTIONS: Mapping[str, Callable[[Sequence[Part], Scope], str]] = {
    "parameters": lambda a, _: f"var.{variable(str(a[0]))}",
    "lambdaVariables": lambda a, _: str(a[0]),
    "copyIndex": lambda a, _: "count.index",
    "resourceId": _id,
    "extensionResourceId": lambda a, s: _id(a, s, "extensionResourceId"),
    "guid": _guid,
    "uniqueString": lambda a, s: f"provider::azapi::unique_string({_several('', '[', ']')(a, s)})",
    "map": _lambda,
    "createObject": _object,
    "createArray": _several("", "[", "]"),
    "concat": _several("concat"),
    "length": _several("length"),
    "replace": _several("replace"),
    "join": lambda a, s: f"join({hcl(a[1], s)}, {hcl(a[0], s)})",
}
"""How each function that our templates call is written."""
