"""The figures of a text: digits, percents, units and magnitudes, Chinese and English numerals."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.text import clean

PERCENT = "percent"
# "@" ends a word.
_UNITS = {
    PERCENT: r"%|％|percent@|per\s?cent@|个百分点",
    "bit": r"bits?@|比特|位(?![置于移])",
    "byte": r"bytes?@|字节",
    "kb": r"ki?b@",
    "mb": r"mi?b@",
    "gb": r"gi?b@",
    "tb": r"ti?b@",
    "times": r"倍|times@|x@|-?fold@",
    "layer": r"层|layers?@",
    "head": r"个?(?:注意力)?头|(?:attention\s)?heads?@",
    "dimension": r"维|dimension(?:s|al)?@|dims?@",
    "token": r"个?(?:词元|token)|tokens?@",
    "step": r"步|steps?@",
    "epoch": r"轮|epochs?@",
    "millisecond": r"毫秒|ms@|milliseconds?@",
    "second": r"秒|seconds?@|s@",
    "minute": r"分钟|minutes?@",
    "hour": r"个?小时|hours?@",
    "day": r"天|days?@",
}
_MAGNITUDES = {
    "万亿": 1e12, "十亿": 1e9, "百万": 1e6, "千": 1e3, "万": 1e4, "亿": 1e8,
    "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12,
    "k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12,
}  # fmt: skip
_MAGNITUDE = (
    r"(?P<magnitude>万亿|十亿|百万|[千万亿]"
    r"|(?:thousand|million|billion|trillion|[kKMBT])(?![A-Za-z]))"
)
# Not \b: Chinese characters count as letters of a word there.
_NO_LETTER = "(?![A-Za-z])"
_UNIT = "|".join(
    f"(?P<{name}>{pattern.replace('@', _NO_LETTER)})" for name, pattern in _UNITS.items()
)
_AFTER = rf"(?:\s?-?\s?{_MAGNITUDE})?(?:\s?-?\s?(?:(?i:{_UNIT})))?"
_DIGITS = r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
# Digits inside a name (GPT-4, d_2) are part of it.
_OWN = r"(?<![A-Za-z_\d.])(?<![A-Za-z]-)"
_NUMBER = re.compile(_DIGITS + _AFTER)
_OWN_NUMBER = re.compile(_OWN + _DIGITS + _AFTER)

_ZH_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")}
_ZH_DIGITS |= {"〇": 0, "两": 2}
_ZH_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_ZH_RUN = r"[零〇一二两三四五六七八九十百千万亿]+(?:点[零〇一二三四五六七八九]+)?"
_ZH_NUMBER = re.compile(rf"(?P<hundredth>百分之)?(?P<run>{_ZH_RUN})(?P<after>{_AFTER})")
# What is counted by these words is a figure; 一般 and 十分 are none, and 一个 is an article.
_ZH_COUNTED = re.compile(
    r"\s?(?:[个种类层头步次位倍维篇章节阶段行列项条轮组张块字年月日天届代路级台卡份]|比特|字节|小时|分钟|毫秒|秒|分之)"
)
_AFTER_DIGITS = re.compile(r"\d\s?$")
_ZH_ORDINAL = re.compile(r"[，,、。:：]")
# fmt: off
_EN_WORDS = {word: float(value) for value, word in enumerate((
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    "twenty",
))} | {"thirty": 30.0, "forty": 40.0, "fifty": 50.0, "sixty": 60.0, "hundred": 100.0, "dozen": 12.0}
# fmt: on
_EN_NUMBER = re.compile(rf"(?i)\b(?P<word>{'|'.join(_EN_WORDS)})\b{_AFTER}")
_NO_FIGURES = frozenset({"one", "zero"})  # "one head", "zero-shot"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit, where it has one that is known."""

    value: float
    unit: str | None


def stated(sentence: str) -> set[Figure]:
    """The figures that a sentence states; numbers within names are left to the names."""
    text = clean(sentence)
    found = {_figure(match, _digits(match)) for match in _OWN_NUMBER.finditer(text)}
    for match in _ZH_NUMBER.finditer(text):
        if match["hundredth"] or _is_figure(text, match):
            found.add(_chinese(match))
    for match in _EN_NUMBER.finditer(text):
        if match["word"].lower() not in _NO_FIGURES:
            found.add(_figure(match, _EN_WORDS[match["word"].lower()]))
    return found


def shown(text: str) -> set[Figure]:
    """All figures that can be read out of a text, numbers within names and single words too."""
    return set(_shown(clean(text)))


def without_figures(text: str) -> str:
    """A text without its numbers in digits and what they count; those within names stay."""
    return _OWN_NUMBER.sub(" ", clean(text))


def missing(sentence: str, sources: str) -> list[Figure]:
    """The figures of a sentence that stand nowhere in its sources."""
    there = shown(sources)
    return sorted((f for f in stated(sentence) if not _stands(f, there)), key=lambda f: f.value)


def _stands(figure: Figure, there: set[Figure]) -> bool:
    same = {other.unit for other in there if other.value == figure.value}
    if figure.unit is None:
        return bool(same - {PERCENT})
    if figure.unit == PERCENT:
        return PERCENT in same
    return figure.unit in same or None in same


def _shown(text: str) -> Iterator[Figure]:
    for match in _NUMBER.finditer(text):
        yield _figure(match, _digits(match))
        if match["magnitude"]:
            yield Figure(_digits(match), None)  # 7B may be a name's end
    for match in _ZH_NUMBER.finditer(text):
        yield _chinese(match)
    for match in _EN_NUMBER.finditer(text):
        yield _figure(match, _EN_WORDS[match["word"].lower()])


def _digits(match: re.Match[str]) -> float:
    return float(match["digits"].replace(",", ""))


def _figure(match: re.Match[str], value: float) -> Figure:
    if match["magnitude"]:
        value *= _MAGNITUDES[match["magnitude"]]
    unit = next((name for name in _UNITS if match[name]), None)
    return Figure(float(f"{value:.9g}"), unit)


def _chinese(match: re.Match[str]) -> Figure:
    figure = _figure(match, chinese_value(match["run"]))
    return Figure(figure.value, PERCENT) if match["hundredth"] else figure


def _is_figure(text: str, match: re.Match[str]) -> bool:
    run = match["run"]
    before, after = text[: match.start("run")], match.end("run")
    if _AFTER_DIGITS.search(before) and set(run) <= set(_ZH_UNITS):
        return False  # 15 万亿 is one figure
    if before.endswith("第") and _ZH_ORDINAL.match(text, after):
        return False  # "第二，" counts the writer's points
    counted = _ZH_COUNTED.match(text, after) is not None
    if before.endswith("分之"):
        return True
    if len(run) == 1:
        return run != "一" and counted
    return counted or not set(run) <= set("十百千万亿")


def chinese_value(run: str) -> float:
    """The value of a Chinese numeral: 一千二百, 二〇一七, 三点五."""
    whole, _, decimals = run.partition("点")
    fraction: float = sum(_ZH_DIGITS[c] / 10 ** (n + 1) for n, c in enumerate(decimals))
    if not set(whole) & set(_ZH_UNITS):
        return float("".join(str(_ZH_DIGITS[c]) for c in whole) or 0) + fraction
    total: float = 0
    section = digit = 0
    for character in whole:
        unit = _ZH_UNITS.get(character)
        if unit is None:
            digit = _ZH_DIGITS[character]
            continue
        if unit < _ZH_UNITS["万"]:
            section += (digit or 1) * unit
        else:
            section += digit
            # 一万亿: the whole is multiplied; 一亿二千万: only what came after 亿.
            multiplied = total + section if total < unit else section
            total = (total - (multiplied - section)) + (multiplied or 1) * unit
            section = 0
        digit = 0
    return float(total + section + digit) + fraction
