"""Masks of texts. Source: the vendor's page "Data masking", whose examples say how many letters are shown.

What no example shows is masked rather than not: a text of another form than a mask is for is replaced as a whole.
"""

import re
from collections.abc import Callable, Mapping

from yunbox.sql.hologres.natives.native import Native, native

_REPLACED = "xxxx"
_STAR = "*"
_ADDRESS = re.compile(r"([0-9A-Fa-f]+)([.:-])([0-9A-Fa-f.:-]+)")
_LETTER = re.compile(r"[0-9A-Fa-f]")
_CHINESE = re.compile(r"[\u3400-\u9fff\u00b7]+")
_LONG_NAME = 4


def _ends(text: str, first: int, last: int) -> str:
    """The first and last letters alone; none of a text that has no more than these."""
    hidden = len(text) - first - last
    if hidden <= 0:
        return _STAR * len(text)
    return text[:first] + _STAR * hidden + text[len(text) - last :]


def _middle(text: str) -> str:
    third = len(text) // 3
    return _ends(text, third, third)


def _email(text: str) -> str:
    name, at, domain = text.partition("@")
    return f"{name[:3]}***{at}{domain}" if at else _REPLACED


def _address(text: str) -> str:
    found = _ADDRESS.fullmatch(text.strip())
    return f"{found[1]}{found[2]}{_LETTER.sub(_STAR, found[3])}" if found else _REPLACED


def _name(text: str) -> str:
    if _CHINESE.fullmatch(text):
        hidden = 2 if len(text) >= _LONG_NAME else 1
        return _STAR * hidden + text[hidden:]
    first, _, rest = text.strip().partition(" ")
    return f"{_STAR} {rest}" if first and rest else _STAR


_MASKS: Mapping[str, Callable[[str], str]] = {
    "replace": lambda text: _REPLACED,
    "mask": _middle,
    "cn_id_card": lambda text: _ends(text, 1, 1),
    "cn_phone": lambda text: _ends(text, 3, 2),
    "bank_card": lambda text: _ends(text, 0, 4),
    "email": _email,
    "ip": _address,
    "name": _name,
}


def _masked(label: str, text: str) -> str:
    mask = _MASKS.get(label)
    return mask(text) if mask is not None else _REPLACED


NATIVES: tuple[Native, ...] = (native("hg_masked", _masked, "VARCHAR; VARCHAR", "VARCHAR"),)
