"""Policy expressions as trees: the part of C# that the generated ones are written in.

https://learn.microsoft.com/azure/api-management/api-management-policy-expressions
"""

from __future__ import annotations

from dataclasses import dataclass

from apim_aks.testbed.policies.expressions.tokens import END, Token, Unknown, tokens

_BINDS = {"??": 1, "||": 2, "&&": 3, "==": 4, "!=": 4, "<": 5, "+": 6}
"""How tightly an operator binds; `?:` binds less than all of them."""
_TO_THE_RIGHT = "??"
_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression: its kind, its word, and the parts that it is made of."""

    kind: str
    value: str = ""
    parts: tuple[Node, ...] = ()


def parsed(expression: str) -> Node:
    """The tree of `@(…)` or of `@{…}`.

    Raises:
        Unknown: it is not written in the known part of C#.
    """
    opening, code = expression[:2], expression[2:-1]
    if (opening, expression[-1:]) not in (("@(", ")"), ("@{", "}")):
        raise Unknown(f"the expression {expression[:40]!r} without its closing bracket")
    parser = _Parser(tokens(code))
    found = parser.expression() if opening == "@(" else parser.block()
    parser.take("end", "")
    return found


class _Parser:
    def __init__(self, words: tuple[Token, ...]) -> None:
        self._words = words
        self._at = 0
        self._depth = 0

    def take(self, kind: str, value: str) -> Token:
        """The next word, which has to be this one."""
        found = self._next()
        if found != Token(kind, value):
            raise Unknown(f"{found.value!r} in an expression where {value or 'the end'!r} belongs")
        return found

    def expression(self) -> Node:
        """An expression with everything that can stand in one."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Unknown(f"an expression nested more than {_DEEPEST} deep")
        test = self._binary(1)
        if self._is("?"):
            yes = self._after("?")
            found = Node("choice", "?:", (test, yes, self._after(":")))
        else:
            found = test
        self._depth -= 1
        return found

    def block(self) -> Node:
        """Statements up to the end or a closing brace."""
        found = []
        while not (self._is("}") or self._word == END):
            found.append(self._statement())
        return Node("block", "", tuple(found))

    def _statement(self) -> Node:
        word = self._next()
        if word.value == "if":
            return self._if()
        if word.value == "return":
            return self._ended(Node("return", "", (self.expression(),)))
        kind, name = ("var", self._next()) if word.value == "var" else ("set", word)
        if name.kind != "name":
            raise Unknown(f"a statement that begins with {name.value!r}")
        return self._ended(Node(kind, name.value, (self._after("="),)))

    def _if(self) -> Node:
        test = self._after("(")
        self.take("sign", ")")
        self.take("sign", "{")
        body = self.block()
        self.take("sign", "}")
        return Node("if", "", (test, body))

    def _ended(self, statement: Node) -> Node:
        self.take("sign", ";")
        return statement

    def _binary(self, least: int) -> Node:
        left = self._unary()
        while (binds := _BINDS.get(self._operator, 0)) >= least:
            sign = self._next().value
            right = self._binary(binds if sign == _TO_THE_RIGHT else binds + 1)
            left = Node("binary", sign, (left, right))
        return left

    def _unary(self) -> Node:
        if self._is("!"):
            self._next()
            return Node("not", "!", (self._unary(),))
        if self._cast():
            name = self._words[self._at + 1].value
            self._at += 3
            return Node("cast", name, (self._unary(),))
        return self._primary()

    def _cast(self) -> bool:
        """A name alone in brackets, and a value behind them."""
        shape = [(w.kind, w.value) for w in self._words[self._at : self._at + 4]]
        kinds = [kind for kind, _ in shape]
        return (
            kinds[:4] == ["sign", "name", "sign", "name"]
            and shape[0][1] == "("
            and shape[2][1] == ")"
        )

    def _primary(self) -> Node:
        found = self._first()
        while self._operator in (".", "?.", "["):
            sign = self._next().value
            found = self._index(found) if sign == "[" else self._member(found, sign)
        return found

    def _first(self) -> Node:
        word = self._next()
        if word.value == "(" and word.kind == "sign":
            inner = self.expression()
            self.take("sign", ")")
            return inner
        if word == Token("name", "new"):
            return self._made()
        if word.kind == "name" and self._is("=>"):
            return Node("lambda", word.value, (self._after("=>"),))
        if word.kind in ("text", "char", "number", "name"):
            return Node("null" if word == Token("name", "null") else word.kind, word.value)
        raise Unknown(f"{word.value or 'the end'!r} in an expression where a value belongs")

    def _made(self) -> Node:
        if self._is("["):
            for sign in "[]{":
                self.take("sign", sign)
            return Node("array", "new[]", self._listed("}"))
        name = self._next().value
        self.take("sign", "(")
        return Node("new", name, self._listed(")"))

    def _member(self, of: Node, sign: str) -> Node:
        name = self._next().value + self._generic()
        if self._is("("):
            self._next()
            return Node("call", name, (of, *self._listed(")")))
        return Node("member" if sign == "." else "safe", name, (of,))

    def _generic(self) -> str:
        shape = [w.value for w in self._words[self._at : self._at + 4]]
        if shape[:1] + shape[2:] != ["<", ">", "("]:
            return ""
        self._at += 3
        return f"<{shape[1]}>"

    def _index(self, of: Node) -> Node:
        key = self.expression()
        self.take("sign", "]")
        return Node("index", "[]", (of, key))

    def _listed(self, closing: str) -> tuple[Node, ...]:
        found: list[Node] = []
        while not self._is(closing):
            if found:
                self.take("sign", ",")
            found.append(self.expression())
        self._next()
        return tuple(found)

    def _after(self, sign: str) -> Node:
        self.take("sign", sign)
        return self.expression()

    @property
    def _word(self) -> Token:
        return self._words[self._at]

    @property
    def _operator(self) -> str:
        return self._word.value if self._word.kind == "sign" else ""

    def _is(self, sign: str) -> bool:
        return self._operator == sign

    def _next(self) -> Token:
        found = self._word
        self._at = min(self._at + 1, len(self._words) - 1)
        return found
