"""Numbers that Word prints before headings and list items and does not store in their text."""

from dataclasses import dataclass
from typing import Any

from ingest.readers.attributes import whole_number
from ingest.readers.office.docx_styles import WORD

_VALUE = f"{WORD}val"
_LEVELS = 9
_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
    (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip
_MOST_ROMAN = 4000
_DIGITS = "零一二三四五六七八九"
_CIRCLED = 20
_CHINESE = frozenset(
    {"chineseCounting", "chineseCountingThousand", "taiwaneseCounting", "ideographTraditional"}
)


@dataclass(frozen=True, slots=True)
class _Level:
    """How one depth of a list is numbered."""

    form: str
    pattern: str
    start: int


class Numbering:
    """Counts the items of all lists of a document, in its order."""

    def __init__(self, root: Any | None) -> None:
        self._lists: dict[str, str] = {}
        self._levels: dict[str, dict[int, _Level]] = {}
        self._restarts: dict[str, dict[int, int]] = {}
        self._counts: dict[str, list[int | None]] = {}
        if root is None:
            return
        for abstract in root.iter(f"{WORD}abstractNum"):
            name = abstract.get(f"{WORD}abstractNumId", "")
            self._levels[name] = dict(_level(one) for one in abstract.iter(f"{WORD}lvl"))
        for number in root.iter(f"{WORD}num"):
            abstract = number.find(f"{WORD}abstractNumId")
            name = number.get(f"{WORD}numId", "")
            self._lists[name] = "" if abstract is None else abstract.get(_VALUE, "")
            self._restarts[name] = dict(_overrides(number))

    def label(self, number: str, depth: int) -> str:
        """Count an item and return what is printed before it; empty for bullets."""
        depth = min(max(depth, 0), _LEVELS - 1)
        name = self._lists.get(number, number)
        levels = self._levels.get(name, {})
        counts = self._counts.setdefault(name, [None] * _LEVELS)
        start = self._restarts.get(number, {}).pop(depth, None)
        before = counts[depth]
        if start is not None or before is None:
            counts[depth] = start if start is not None else _start(levels, depth)
        else:
            counts[depth] = before + 1
        counts[depth + 1 :] = [None] * (_LEVELS - depth - 1)
        level = levels.get(depth)
        if level is None or level.form in ("bullet", "none"):
            return ""
        label = level.pattern
        for place in range(_LEVELS):
            value = counts[place] if place <= depth else None
            value = _start(levels, place) if value is None else value
            form = levels[place].form if place in levels else "decimal"
            label = label.replace(f"%{place + 1}", _number(value, form))
        return label.strip()


def _level(element: Any) -> tuple[int, _Level]:
    def value(name: str, default: str) -> str:
        found = element.find(WORD + name)
        given: str = default if found is None else found.get(_VALUE, default)
        return given

    start = value("start", "1")
    level = _Level(value("numFmt", "decimal"), value("lvlText", ""), whole_number(start, 1))
    return whole_number(element.get(f"{WORD}ilvl"), 0), level


def _overrides(number: Any) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for one in number.iter(f"{WORD}lvlOverride"):
        start = one.find(f"{WORD}startOverride")
        if start is not None:
            depth = whole_number(one.get(f"{WORD}ilvl"), 0)
            found.append((depth, whole_number(start.get(_VALUE), 1)))
    return found


def _start(levels: dict[int, _Level], depth: int) -> int:
    return levels[depth].start if depth in levels else 1


def _number(value: int, form: str) -> str:
    if form in ("lowerLetter", "upperLetter") and value > 0:
        # After z comes aa, then bb.
        letters = chr(ord("a") + (value - 1) % 26) * ((value - 1) // 26 % 10 + 1)
        return letters if form == "lowerLetter" else letters.upper()
    if form in ("lowerRoman", "upperRoman") and 0 < value < _MOST_ROMAN:
        return _roman(value).lower() if form == "lowerRoman" else _roman(value)
    if form in _CHINESE and 0 < value < 100:  # noqa: PLR2004
        return _chinese(value)
    if form in ("decimalEnclosedCircleChinese", "decimalEnclosedCircle"):
        return chr(0x2460 + value - 1) if 0 < value <= _CIRCLED else str(value)
    return f"{value:02}" if form == "decimalZero" else str(value)


def _roman(value: int) -> str:
    letters = ""
    for size, sign in _ROMAN:
        letters += sign * (value // size)
        value %= size
    return letters


def _chinese(value: int) -> str:
    tens, ones = divmod(value, 10)
    if not tens:
        return _DIGITS[ones]
    return (_DIGITS[tens] if tens > 1 else "") + "十" + (_DIGITS[ones] if ones else "")
