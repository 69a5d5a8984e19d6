"""What a comparison tells of each side where the question leaves that open."""

import re
from collections.abc import Callable
from typing import TypeAlias

from app.evidence.asks import Asks
from app.evidence.comparing import Side
from app.evidence.cues import shows
from app.evidence.ordering import defines
from app.evidence.units import Unit
from ingest.model import Language

_STRENGTH = re.compile(
    r"优点|优势(?![函值估])|好处|更[快高好少低省优强]|节省|加速|避免|无需|不需要|易于|优于"
    r"|\badvantages?\b|\bbenefits?\b|\bfaster\b|\bfewer\b|\bbetter\b|\bsaves?\b|\breduc\w+",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"缺点|缺陷|劣势|局限|不足|代价|弊端|问题(?:是|在于)|容易(?!训练|实现)|难以|无法|不能"
    r"|\bdrawbacks?\b|\blimitations?\b|\bslower\b|\bcannot\b|\bfails? to\b",
    re.IGNORECASE,
)
TITLES = {
    Language.EN: ("What it is", "How it works", "Strengths", "Limits"),
    Language.ZH: ("是什么", "怎么做", "长处", "不足"),
}


def says_what_it_is(_: Unit, text: str, side: Side) -> bool:
    """Whether a sentence defines its side."""
    return defines(text, side.names)


Test: TypeAlias = Callable[[Unit, str, Side], bool]
TESTS: tuple[Test, ...] = (
    says_what_it_is,
    lambda unit, text, side: shows(Asks.HOW, unit, text),
    lambda _, text, side: _STRENGTH.search(text) is not None,
    lambda _, text, side: _LIMIT.search(text) is not None,
)
