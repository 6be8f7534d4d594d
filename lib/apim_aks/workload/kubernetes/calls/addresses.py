"""Addresses in a text: URLs, host names with a port, and words alone where a host is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from apim_aks.facts.calls import call_signs

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})"
_HOST = rf"{_LABEL}(?:\.{_LABEL}){{0,8}}"
_URL = re.compile(r"\b([A-Za-z][A-Za-z0-9+-]{0,20}):(?://)([^\s\"'<>`/?#;\\{}()|]+)")
_MEMBER = re.compile(rf"({_HOST})\.?(?::(\d{{1,5}}))?")
_PAIR = re.compile(rf"(?<![\w.$/%-])({_HOST})\.?:(\d{{1,5}})(?![\w.-])")
_IN_CLUSTER = re.compile(
    rf"(?<![\w.-])({_LABEL}(?:\.{_LABEL}){{1,2}}\.svc)(?![\w-])(?:\.[\w.-]{{0,100}})?(?::(\d{{1,5}}))?"
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_PART = re.compile(r"[\w .-]{1,60}=")
_SHELL = re.compile(r"[;&|\n]|\b(?:do|then|until|while|if)\b")
_QUOTES = "\"'`()[]{},"
_LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Address:
    """A host and the port it is called on; not `firm` where only the Service's ports can tell.

    The port is `usual` where a scheme means it and nobody wrote it.
    """

    host: str
    port: int | None = None
    firm: bool = True
    usual: bool = False


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


def port_beside(name: str, ports: Mapping[tuple[str, ...], int]) -> int | None:
    """The port that a neighbour gives: `INVENTORY_PORT` for `INVENTORY_HOST`."""
    said = words(name)
    places = [i for i, word in enumerate(said) if word in call_signs("word")]
    if not places or not places[-1]:
        return None
    return ports.get((*said[: places[-1]], "PORT"))


def ports_among(settings: Sequence[tuple[str, str]]) -> dict[tuple[str, ...], int]:
    """The settings that hold a port, by the words of their names."""
    found = {}
    for name, text in settings:
        said = tuple(w for w in words(name) if w not in ("VALUE", "NUMBER"))
        if said[-1:] == ("PORT",) and (port := _port(text.strip())):
            found[said] = port
    return found


def addresses(name: str, text: str, port: int | None = None) -> Iterator[Address]:
    """The addresses in the text of a setting; `port` is what stands beside it."""
    named = means_address(name)
    for scheme, authority in _URL.findall(text):
        yield from _of_url(scheme.lower(), authority)
    rest = _URL.sub(" ", text)
    for host, number in _IN_CLUSTER.findall(rest):
        yield Address(host, _port(number) or port)
    for host, number in _PAIR.findall(rest):
        if _port(number):
            yield Address(host, _port(number), firm=named)
    if named and len(rest) <= 2000:
        for word in re.split(r"[,;\s]+", rest):
            if re.fullmatch(rf"{_HOST}\.?", word):
                yield Address(word, port)
    if "=" in rest and (";" in rest or " " in rest):
        yield from _connection(rest)


def _of_url(scheme: str, authority: str) -> Iterator[Address]:
    usual = call_signs("scheme").get(scheme)
    for member in authority.rpartition("@")[2].split(","):
        if found := _MEMBER.match(member.rpartition("@")[2]):
            told = _port(found[2] or "")
            yield Address(found[1], told or usual, usual=not told)


def _connection(text: str) -> Iterator[Address]:
    """The parts of a connection string, as in `Host=db;Port=5432` and `host=db port=5432`."""
    parts = re.split(r";" if ";" in text else r"\s+", text[:2000])
    pairs = [p.strip().split("=", 1) for p in parts if _PART.match(p.strip())]
    told = [(f"of.{name}", value.strip(_QUOTES).removeprefix("tcp:")) for name, value in pairs]
    ports = ports_among(told)
    for name, value in told:
        host, _, number = value.partition(",")
        if means_address(name) and re.fullmatch(_HOST, host):
            yield Address(host, _port(number) or port_beside(name, ports))


def in_command(text: str) -> Iterator[Address]:
    """The addresses in a command line: of flags, of tools that wait for a host, and in any word."""
    for part in _SHELL.split(text):
        tokens = [t.strip(_QUOTES) for t in part.split()]
        yield from _of_flags(tokens)
        yield from _of_tool(tokens)
    yield from (a for a in addresses("", text) if a.host)


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
