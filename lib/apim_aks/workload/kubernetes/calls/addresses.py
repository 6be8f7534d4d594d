"""Addresses in a text: URLs, host names with a port, and words alone where a host is meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from apim_aks.facts.calls import call_signs

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})"
_HOST = rf"{_LABEL}(?:\.{_LABEL}){{0,8}}"
_URL = re.compile(r"\b([A-Za-z][A-Za-z0-9+-]{0,20}):(?://)([^\s\"'<>`/?#;\\{}()|]+)")
_MEMBER = re.compile(rf"({_HOST})\.?(?::(\d{{1,5}}))?")
_ALONE = re.compile(rf"{_HOST}\.?")
_PAIR = re.compile(rf"(?<![\w.$/%-])({_HOST})\.?:(\d{{1,5}})(?![\w.-])")
_IN_CLUSTER = re.compile(
    rf"(?<![\w.-])({_LABEL}(?:\.{_LABEL}){{1,2}}\.svc)(?![\w-])(?:\.[\w.-]{{0,100}})?(?::(\d{{1,5}}))?"
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_PART = re.compile(r"[\w .-]{1,60}=")
_SHELL = re.compile(r"[;&|\n]|\b(?:do|then|until|while|if)\b")
_QUOTES = "\"'`()[]{},"
_LAST_PORT = 65535
_LONGEST = 2000
"""Characters of a text in which words alone are looked for."""


@dataclass(frozen=True, slots=True)
class Address:
    """A host and the port it is called on; not `firm` where only the Service's ports can tell.

    The port is `usual` where a scheme means it and nobody wrote it, or where it is one of several:
    it counts if the Service has it.
    """

    host: str
    port: int | None = None
    firm: bool = True
    usual: bool = False
    scheme: str = ""


def words(name: str) -> list[str]:
    """The words of a name in capitals: `inventory.serviceHost` is INVENTORY, SERVICE, HOST."""
    return [w.upper() for w in _WORD.findall(name)]


def means_address(name: str) -> bool:
    """A setting of this name holds an address: a word alone in it is a host."""
    said = words(name)
    while said and said[-1].isdigit():
        said.pop()
    if said[-2:] == ["HOST", "NAME"]:
        return True
    return not call_signs("ending").keys() & said[-1:] and bool(call_signs("word").keys() & said)


Ports = dict[tuple[str, ...], dict[tuple[str, ...], int]]
"""Numbers of ports by the words before PORT, of which one may say what kind it is."""


def ports_beside(name: str, ports: Ports) -> tuple[int, ...]:
    """What neighbours give: `INVENTORY_PORT` for `INVENTORY_HOST`, else `INVENTORY_PORT_GRPC`."""
    said = words(name)
    places = [i for i, word in enumerate(said) if word in call_signs("word")]
    found = ports.get(tuple(said[: places[-1]]), {}) if places and places[-1] else {}
    plain = found.get(())
    return (plain,) if plain else tuple(dict.fromkeys(found.values()))


def ports_among(settings: Iterable[tuple[str, str]]) -> Ports:
    """The settings that hold the number of a port."""
    found: Ports = {}
    for name, text in settings:
        said = tuple(w for w in words(name) if w not in ("VALUE", "NUMBER"))
        if "PORT" in said[-2:] and (port := _port(text.strip())):
            at = len(said) - 1 - said[::-1].index("PORT")
            kind = said[at + 1 :]
            found.setdefault(said[:at], {})[kind] = port
            if not kind and at > 1:
                found.setdefault(said[: at - 1], {})[said[at - 1 : at]] = port
    return found


def addresses(name: str, text: str, ports: Ports | None = None) -> Iterator[Address]:
    """The addresses in the text of a setting; `ports` are what stands beside it."""
    if _names_one(text):
        return
    named = means_address(name)
    beside = ports_beside(name, ports or {}) if named else ()
    rest = text
    if ":" in text:
        for scheme, authority in _URL.findall(text):
            yield from _of_url(scheme.lower(), authority)
        rest = _URL.sub(" ", text)
        for host, number in _PAIR.findall(rest):
            if _port(number):
                yield Address(host, _port(number), firm=named)
    if ".svc" in rest:
        for host, number in _IN_CLUSTER.findall(rest):
            yield from (Address(host, _port(number)),) if number else _beside(host, beside)
    if named and len(rest) <= _LONGEST:
        for word in re.split(r"[,;\s]+", rest):
            if _ALONE.fullmatch(word):
                yield from _beside(word, beside)
    if "=" in rest and (";" in rest or " " in rest):
        yield from _connection(rest[:_LONGEST])


def _names_one(text: str) -> bool:
    """`desk,desk.shop.svc`: names for a certificate, since nobody calls a host by two of them."""
    first, *others = sorted(map(str.strip, text.split(",")), key=len)
    return bool(first and others) and all(o.startswith(f"{first}.") for o in others)


def _beside(host: str, ports: tuple[int, ...]) -> Iterator[Address]:
    """The host with each port; where these are several, with those that its Service has."""
    for port in ports or (None,):
        yield Address(host, port, usual=len(ports) > 1)


def _of_url(scheme: str, authority: str) -> Iterator[Address]:
    usual = call_signs("scheme").get(scheme)
    for member in authority.rpartition("@")[2].split(","):
        if found := _MEMBER.match(member.rpartition("@")[2]):
            told = _port(found[2] or "")
            yield Address(found[1], told or usual, usual=not told, scheme=scheme)


def _connection(text: str) -> Iterator[Address]:
    """The parts of a connection string, as in `Host=db;Port=5432` and `host=db port=5432`."""
    parts = (p.strip() for p in (text.split(";") if ";" in text else text.split()))
    pairs = [p.split("=", 1) for p in parts if _PART.match(p)]
    told = [(f"of.{name}", value.strip(_QUOTES).removeprefix("tcp:")) for name, value in pairs]
    ports = ports_among(told)
    for name, value in told:
        host, _, number = value.partition(",")
        if means_address(name) and re.fullmatch(_HOST, host):
            yield from (
                (Address(host, _port(number)),)
                if number
                else _beside(host, ports_beside(name, ports))
            )


def in_command(text: str) -> Iterator[Address]:
    """The addresses in a command line: of flags, of tools that wait for a host, and in any word."""
    for part in _SHELL.split(text):
        tokens = [t.strip(_QUOTES) for t in part.split()]
        yield from _of_flags(tokens)
        yield from _of_tool(tokens)
    calls = (t for t in text.split() if not _names_one(t.rpartition("=")[2].strip(_QUOTES)))
    yield from addresses("", " ".join(calls))


def _of_flags(tokens: Sequence[str]) -> Iterator[Address]:
    for token, following in pairwise([*tokens, ""]):
        name, equals, value = token.partition("=")
        if equals:
            yield from addresses(name, value.strip(_QUOTES))
        elif token.startswith("-"):
            yield from addresses(name, following)


def _of_tool(tokens: Sequence[str]) -> Iterator[Address]:
    """`nc -z inventory 80`: the words after the name of a tool, the next number as their port."""
    tools = call_signs("tool")
    at = next((i for i, t in enumerate(tokens) if t.rpartition("/")[2] in tools), len(tokens))
    rest = tokens[at + 1 :]
    for place, token in enumerate(rest):
        if found := re.fullmatch(rf"({_HOST})\.?(?::(\d{{1,5}}))?(?:/.*)?", token):
            following = rest[place + 1] if place + 1 < len(rest) else ""
            yield Address(found[1], _port(found[2] or following))


def _port(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) <= _LAST_PORT else None
