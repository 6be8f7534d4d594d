"""Values of a template with their expressions worked out, without Azure and without a guess.

What a template alone does not say (identities, names made from hashes, functions that are not
modelled) is `Unknown` where it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from inspect import CO_VARARGS, ismethod
from typing import Any

from apim_aks.errors import InputError
from apim_aks.reachability.templates.functions import LONGEST, Function, Misfit, call_of, called
from apim_aks.reachability.templates.unknown import Later, Unknown
from apim_aks.template_expression import (
    Call,
    Part,
    expression,
    is_expression,
    refused,
)

Json = dict[str, Any]
SUBSCRIPTION = "<subscription>"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lambda:
    names: tuple[str, ...]
    body: Part
    seen: Evaluation

    def of(self, member: Any) -> Any:
        bound = {**self.seen.bound, self.names[0]: member}
        return replace(self.seen, bound=bound).part(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What expressions may see: parameters, variables, the group, and functions of who asks.

    `copies` are the numbers of the loops around, the innermost under "" too; `bound` are the
    variables of the lambdas around. With `forgiving`, an expression that cannot be read is unknown.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    group: str = "<group>"
    subscription: str = SUBSCRIPTION
    functions: Mapping[str, Function] = field(default_factory=dict)
    copies: Mapping[str, int] = field(default_factory=dict)
    bound: Mapping[str, Any] = field(default_factory=dict)
    forgiving: bool = False
    _own: Mapping[str, Function] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named = {**self._context(), **self.functions}
        object.__setattr__(self, "_own", {k.lower(): f for k, f in named.items()})

    def value(self, given: Any, place: str = "") -> Any:
        """A value of the template, which stands at `place`, with its expressions worked out.

        Raises:
            InputError: an expression cannot be read, or a function cannot take its arguments.
        """
        if isinstance(given, str):
            return self._text(given, place)
        if isinstance(given, Mapping):
            return self._object(given, place)
        if isinstance(given, list):
            return [self.value(v, f"{place}[{at}]") for at, v in enumerate(given)]
        return given

    def copy(self, name: str, number: int) -> Evaluation:
        """What the expressions of one copy see."""
        return replace(self, copies={**self.copies, name.lower(): number, "": number})

    def _object(self, given: Mapping[str, Any], place: str) -> Json:
        loops = given.get("copy") if _are_loops(given.get("copy")) else None
        found = {
            str(self.value(k)): self.value(v, f"{place}.{k}")
            for k, v in given.items()
            if loops is None or k != "copy"
        }
        return found | {str(loop["name"]): self.looped(loop, place) for loop in loops or ()}

    def looped(self, loop: Mapping[str, Any], place: str) -> Any:
        """The list that a loop over a property or a variable makes."""
        name, count = str(loop["name"]), self.value(loop["count"], place)
        if not isinstance(count, int) or not 0 <= count <= LONGEST:
            return Unknown(name, place=f"{place}.{name}")
        return [
            self.copy(name, number).value(loop["input"], f"{place}.{name}[{number}]")
            for number in range(count)
        ]

    def _text(self, text: str, place: str) -> Any:
        if not is_expression(text):
            return text[1:] if text.startswith("[[") else text
        try:
            found = self._worked_out(text)
        except (InputError, RecursionError):
            if not self.forgiving:
                raise
            found = Unknown(text[:60])
        return found.at(place) if isinstance(found, Unknown) else found

    def _worked_out(self, text: str) -> Any:
        try:
            return self.part(expression(text))
        except Misfit as misfit:
            raise refused(text, f"calls {misfit} with arguments that do not fit") from None

    def part(self, part: Part) -> Any:
        """A part of an expression, worked out.

        Raises:
            Misfit: a function in it cannot take its arguments.
        """
        if not isinstance(part, Call):
            return part
        if part.name.lower() in _SPECIAL:
            arguments, result = [part.arguments], _SPECIAL[part.name.lower()](self, part)
        else:
            arguments = [self.part(a) for a in part.arguments]
            result = self._called(part.name, arguments)
        if not part.members:
            return result
        shown = call_of(part.name, arguments)
        for key in map(self.part, part.members):
            shown = shown.member(key)
            result = member(result, key, shown)
        return result

    def _called(self, name: str, arguments: list[Any]) -> Any:
        function = self._own.get(name.lower())
        return _applied(name, function, arguments) if function else called(name, arguments)

    def _context(self) -> Mapping[str, Function]:
        """The functions whose results depend on where the template is deployed."""
        above = f"/subscriptions/{self.subscription}"
        tenant = Unknown("tenantId", "<tenant>")
        about = {"id": above, "subscriptionId": self.subscription, "tenantId": tenant}
        location = Unknown("location")
        group = {"id": f"{above}/resourceGroups/{self.group}", "name": self.group}
        return {
            "parameters": lambda name: _named(self.parameters, name),
            "variables": lambda name: _named(self.variables, name),
            "lambdaVariables": lambda name: _named(self.bound, name),
            "copyIndex": self._copy_index,
            "map": _map,
            "resourceGroup": lambda: {**group, "location": location},
            "subscription": lambda: about,
            "resourceId": lambda *parts: self._resource_id(list(parts)),
            "subscriptionResourceId": lambda type, *names: _id(
                [type, *names], f"{above}/providers/{type}/{'/'.join(map(str, names))}"
            ),
            "extensionResourceId": lambda id, type, *names: _id(
                [id, type, *names], f"{id}/providers/{_pairs(str(type), names)}"
            ),
        }

    def _resource_id(self, parts: list[Any]) -> Any:
        texts = [str(p) for p in parts]
        at = next((n for n, p in enumerate(texts) if "/" in p and "." in p.split("/")[0]), None)
        if at is None:
            raise Misfit("resourceId")
        group = texts[at - 1] if at else self.group
        above = f"/subscriptions/{texts[at - 2] if at > 1 else self.subscription}"
        pairs = _pairs(texts[at], texts[at + 1 :])
        return _id(parts, f"{above}/resourceGroups/{group}/providers/{pairs}")

    def _copy_index(self, *asked: Any) -> Any:
        names = [str(a) for a in asked if isinstance(a, str)]
        number = self.copies.get(names[0].lower() if names else "")
        offset = sum(a for a in asked if isinstance(a, int))
        return Unknown("copyIndex") if number is None else number + offset


def _if(seen: Evaluation, call: Call) -> Any:
    """Only the branch that counts is worked out, as Azure does it."""
    if len(call.arguments) != 3:
        raise Misfit("if")
    test, *branches = call.arguments
    holds = seen.part(test)
    if isinstance(holds, Unknown):
        first, second = (seen.part(b) for b in branches)
        shown = str(call_of("if", [holds, first, second]))
        return first if first == second else Unknown(holds.name, shown, holds.place)
    if not isinstance(holds, bool):
        raise Misfit("if")
    return seen.part(branches[0 if holds else 1])


def _lambda(seen: Evaluation, call: Call) -> _Lambda:
    *names, body = call.arguments or ("",)
    if not names or not all(isinstance(n, str) for n in names):
        raise Misfit("lambda")
    return _Lambda(names=tuple(map(str, names)), body=body, seen=seen)


_SPECIAL: Mapping[str, Function] = {"if": _if, "lambda": _lambda}
"""The functions that decide themselves which arguments are worked out."""


def _map(listed: Any, body: Any) -> Any:
    if isinstance(listed, Unknown):
        return Unknown(listed.name, str(call_of("map", [listed])), listed.place)
    if not isinstance(listed, list) or not isinstance(body, _Lambda):
        raise Misfit("map")
    return [body.of(member) for member in listed]


def _applied(name: str, function: Function, arguments: list[Any]) -> Any:
    if not _takes(function, len(arguments)):
        raise Misfit(name)
    return function(*arguments)


def _takes(function: Any, count: int) -> bool:
    """So many arguments fit a function or method, which each evaluation has of its own."""
    code = function.__code__
    most = code.co_argcount - ismethod(function)
    least = most - len(function.__defaults__ or ())
    return least <= count and (count <= most or bool(code.co_flags & CO_VARARGS))


def _named(values: Mapping[str, Any], name: Any) -> Any:
    return values[str(name)] if str(name) in values else Unknown(str(name))


def _id(parts: list[Any], whole: str) -> Any:
    unknown = next((p for p in parts if isinstance(p, Unknown)), None)
    return Unknown(unknown.name, whole, unknown.place) if unknown else whole


def _pairs(type: str, names: Any) -> str:
    kinds = type.split("/")
    pairs = (f"{k}/{n}" for k, n in zip(kinds[1:], names, strict=False))
    return "/".join((kinds[0], *pairs))


def member(value: Any, key: Any, shown: Unknown) -> Any:
    """What a name or an index takes from a value; names are the same in any case."""
    if isinstance(value, Unknown):
        return value.member(key)
    if isinstance(value, Mapping) and isinstance(key, str):
        own = key if key in value else next((k for k in value if k.lower() == key.lower()), None)
        return shown if own is None else value[own]
    if isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
        return value[key]
    return shown


def _are_loops(given: Any) -> bool:
    return isinstance(given, list) and all(
        isinstance(loop, Mapping) and {"name", "count", "input"} <= loop.keys() for loop in given
    )


def evaluation(
    template: Mapping[str, Any], parameters: Mapping[str, Any], **where: Any
) -> Evaluation:
    """What the expressions of a template see, with these parameters as their file holds them.

    `where` are further fields of `Evaluation`.
    """
    given = parameters
    if not isinstance(parameters, Later):
        given = Later(parameters.get("parameters") or parameters, lambda name, held: held)

    def parameter(name: str, declaration: Any) -> Any:
        held, place = given.get(name), f"parameters.{name}"
        if isinstance(held, Mapping) and "value" in held:
            return held["value"]
        if isinstance(declaration, Mapping) and "defaultValue" in declaration:
            return seen.value(declaration["defaultValue"], f"{place}.defaultValue")
        return Unknown(name, place=place)

    raw = dict(template.get("variables") or {})
    loops = raw.pop("copy") if _are_loops(raw.get("copy")) else []
    looped = {str(loop["name"]): loop for loop in loops}

    def variable(name: str, held: Any) -> Any:
        place = f"variables.{name}"
        return seen.looped(held, "variables") if name in looped else seen.value(held, place)

    seen = Evaluation(
        parameters=Later(template.get("parameters") or {}, parameter),
        variables=Later({**raw, **looped}, variable),
        **where,
    )
    return seen
