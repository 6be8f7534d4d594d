"""The ways into the cluster that the input already has: which callers' paths lead to a Service."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from apim_aks.workload.handling import NOTHING, Handling


def below(path: str, prefix: str) -> bool:
    """The path is this prefix or lies under it, part by part; everything is under an empty one."""
    return not prefix or path == prefix or path.startswith(f"{prefix}/")


def serves(name: str, host: str) -> bool:
    """What listens to this name takes calls to the host; without a name to any."""
    return name in ("", "*", host) or (name.startswith("*.") and host.endswith(name[1:]))


@dataclass(frozen=True, slots=True)
class PathMatch:
    """Which paths of callers a route takes, and what the back end gets instead.

    `prefix` is the fixed beginning of those paths, `target` what stands in its place at the back
    end; both without a slash at the end, so that empty is the root. `exact` takes the prefix alone
    and nothing under it. `constant` puts the target in place of the whole path. `text` takes all
    that begins with the prefix, `/rates-archive` under `/rates`. Where it is not `understood`, only
    the prefix is known.
    """

    prefix: str = ""
    target: str = ""
    exact: bool = False
    constant: bool = False
    understood: bool = True
    text: bool = False

    def takes(self, path: str) -> bool:
        """Callers' calls to this path are taken."""
        return path == (self.prefix or "/") if self.exact else self._under(path, self.prefix)

    def _under(self, path: str, prefix: str) -> bool:
        return path.startswith(prefix) if self.text else below(path, prefix)

    def whole_parts(self, path: str) -> str:
        """The prefix; of a path that only begins with it as text, up to the end of that part."""
        if below(path, self.prefix):
            return self.prefix
        end = path.find("/", len(self.prefix))
        return path if end < 0 else path[:end]

    def inside(self, path: str) -> str:
        """What the back end gets for a path of callers under the prefix."""
        return self.target if self.constant else self.target + path[len(self.prefix) :]

    def outside(self, path: str) -> str | None:
        """The path by which callers reach this path of the back end; None where none does."""
        if not self.understood:
            return None
        if self.exact or self.constant:
            return self.prefix if path.rstrip("/") == self.target else None
        under = self._under(path, self.target)
        return self.prefix + path[len(self.target) :] if under else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a route does beside leading somewhere: an annotation or field, and where it stands.

    `on` is the object that says it, by kind and name; `value` is empty for what is no plain text.
    `content` is what stands there, never changed; `short` is what of it no value of the route's
    `handling` holds, and why.
    """

    on: str
    name: str
    value: str
    file: str
    line: int
    short: str = ""
    content: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A public path that an Ingress, HTTPRoute, IngressRoute or VirtualService gives a Service.

    `namespace` is that of the object where it is not the Service's, `elsewhere` what the object
    leads to beside the Services of the input: it serves somebody else too. `port` is the port of
    the Service that it names, by name or number; empty where it names none. `path` is as written,
    `match` what it means. `method` and `condition` (headers, query, cookies) are what else a call
    needs to be taken. `share_of` is the Service whose calls it takes a part of: `weight` percent,
    or those that meet the condition. A `canary` divides the calls of another object. `secret` names
    the Secret with the certificate of its host. `withheld` are the callers' paths under its own
    that another rule for the host leads to no Service of the input, or answers itself; `ceded`
    those that such a rule leads to another Service, `spared` those of which it does so with the
    calls of one method. `settings` are what it
    does beside that, and `handling` what of it a gateway can take over.
    """

    kind: str
    name: str
    host: str
    path: str
    namespace: str = ""
    elsewhere: tuple[str, ...] = ()
    port: str = ""
    match: PathMatch | None = None
    method: str = ""
    condition: str = ""
    weight: int | None = None
    share_of: str = ""
    canary: bool = False
    secret: str = ""
    withheld: tuple[PathMatch, ...] = ()
    ceded: tuple[PathMatch, ...] = ()
    spared: tuple[tuple[str, PathMatch], ...] = ()
    settings: tuple[Setting, ...] = ()
    handling: Handling = NOTHING

    @property
    def taken(self) -> PathMatch:
        """Which paths it takes; where nobody said, its path and what is under it, passed on."""
        plain = self.path.rstrip("/")
        return self.match or PathMatch(plain, plain)

    def withholds(self, path: str) -> bool:
        """A call to this path of callers is taken by another rule: it does not get there."""
        return any(m.takes(path) for m in (*self.withheld, *self.ceded))

    def answers(self, method: str, path: str) -> bool:
        """A call of this method is taken, if its path is, and not by a rule for the method."""
        mine = self.method in ("", method)
        return mine and not any(m == method and p.takes(path) for m, p in self.spared)

    @property
    def methods_spared(self) -> frozenset[str]:
        """The methods of which it takes no call at all."""
        own = self.taken.prefix, self.taken.exact
        return frozenset(m for m, p in self.spared if (p.prefix, p.exact) == own)
