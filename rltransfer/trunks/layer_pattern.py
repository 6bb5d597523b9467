"""The lecture's notation for networks, ``[(CONV-RELU)*2-POOL]*3-(FC-RELU)*1``, as a list of layers. No torch here."""

from __future__ import annotations

import re
from dataclasses import dataclass

LAYERS = ("CONV", "RELU", "POOL", "FC")
CLOSING = {"(": ")", "[": "]"}
MOST_LAYERS = 500

_TOKEN = re.compile(r"\s*(?:(?P<word>[A-Za-z_]+)|(?P<number>[0-9]+)|(?P<sign>\S))")


@dataclass(frozen=True)
class PatternLayer:
    """One layer of a pattern.

    Args:
        kind: ``CONV``, ``RELU``, ``POOL`` or ``FC``.
        column: where it stands in the text, from 1; of a repeated layer the same each time.
    """

    kind: str
    column: int


@dataclass(frozen=True)
class _Token:
    text: str
    column: int


def parsed(text: str) -> tuple[PatternLayer, ...]:
    """The layers that ``text`` stands for, repetitions written out.

    ``-`` stands between layers; ``( )`` or ``[ ]`` around some of them, and ``*N`` behind one or behind a bracket
    repeats it N times. Spaces and lower case are allowed.

    Raises:
        ValueError: it is not written so; the message names the column, from 1, and what stands there.
    """
    layers = _Reader(text).whole()
    seen: PatternLayer | None = None
    for layer in layers:
        if layer.kind == "FC":
            seen = layer
        elif layer.kind != "RELU" and seen is not None:
            raise _wrong(text, layer.column, f"a {layer.kind} reads an image, and an FC before it leaves none")
    return layers


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [
            _Token(match[0].strip(), match.end() - len(match[0].strip()) + 1) for match in _TOKEN.finditer(text)
        ]
        self.tokens.append(_Token("", len(text.rstrip()) + 1))
        self.at = 0

    def whole(self) -> tuple[PatternLayer, ...]:
        layers = self.sequence()
        token = self.tokens[self.at]
        if token.text in CLOSING.values():
            raise self.wrong(token, f"{token.text!r} closes a bracket that is not open")
        if token.text:
            raise self.wrong(token, "expected '-' before the next layer, '*' and a number, or the end")
        return layers

    def sequence(self) -> tuple[PatternLayer, ...]:
        layers = self.item()
        while self.tokens[self.at].text == "-":
            self.at += 1
            layers += self.item()
        return layers

    def item(self) -> tuple[PatternLayer, ...]:
        token = self.tokens[self.at]
        self.at += 1
        if token.text in CLOSING:
            layers = self.sequence()
            closing = self.tokens[self.at]
            if closing.text != CLOSING[token.text]:
                raise self.wrong(closing, f"expected {CLOSING[token.text]!r} for the bracket of column {token.column}")
            self.at += 1
        elif token.text.upper() in LAYERS:
            layers = (PatternLayer(token.text.upper(), token.column),)
        elif token.text.upper() == "SOFTMAX":
            raise self.wrong(token, "the softmax is part of a head, which is put behind the trunk. Leave it out")
        else:
            raise self.wrong(token, f"expected one of {', '.join(LAYERS)} or an opening bracket")
        return self.repeated(layers)

    def repeated(self, layers: tuple[PatternLayer, ...]) -> tuple[PatternLayer, ...]:
        if self.tokens[self.at].text != "*":
            return layers
        number = self.tokens[self.at + 1]
        if not number.text.isdecimal() or int(number.text) < 1:
            raise self.wrong(number, "expected how often, a whole number of 1 or more")
        if len(layers) * int(number.text) > MOST_LAYERS:
            raise self.wrong(number, f"more than {MOST_LAYERS} layers")
        self.at += 2
        return layers * int(number.text)

    def wrong(self, token: _Token, message: str) -> ValueError:
        return _wrong(self.text, token.column, message)


def _wrong(text: str, column: int, message: str) -> ValueError:
    found = text[column - 1 : column + 9] or "the end"
    where = f"at {found!r}" if text[column - 1 :] else f"at {found}"
    return ValueError(f"column {column}, {where}: {message}.")
