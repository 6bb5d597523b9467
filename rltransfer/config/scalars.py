"""What a plain word of YAML means here: the core schema of YAML 1.2 without infinities, with ``150_000``.

PyYAML follows YAML 1.1, where ``1e6`` and ``3e-4`` are text, ``no`` is false, ``010`` is 8, ``1:30`` is 90.
Source: YAML 1.2.2, section 10.3.2.
"""

from __future__ import annotations

import math
import re

Scalar = bool | int | float | str | None

LARGEST_WHOLE = 2**63 - 1
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_DIGITS = r"[0-9]+(?:_[0-9]+)*"
_WHOLE = re.compile(rf"[-+]?{_DIGITS}")
_BASED = re.compile(r"0x[0-9a-fA-F]+|0o[0-7]+")
_REAL = re.compile(rf"[-+]?(?:\.[0-9]+|{_DIGITS}(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_ENDLESS = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def read_scalar(text: str) -> Scalar:
    """The value of an unquoted ``text``.

    Raises:
        ValueError: a number that is endless, not a number, or too large.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _ENDLESS.fullmatch(text):
        raise ValueError(f"{text} is not a finite number")
    if _WHOLE.fullmatch(text) or _BASED.fullmatch(text):
        if len(text) > 40:
            raise ValueError("the number is too large")
        whole = int(text, 0) if _BASED.fullmatch(text) else int(text)
        if abs(whole) > LARGEST_WHOLE:
            raise ValueError("the number is too large")
        return whole
    if _REAL.fullmatch(text):
        real = float(text)
        if not math.isfinite(real):
            raise ValueError("the number is too large")
        return real
    return text
