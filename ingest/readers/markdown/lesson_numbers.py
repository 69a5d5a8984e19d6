"""Lesson numbers as people write them: 第01课, 第十二讲, Lecture 3, Week 4, "5. Title"."""

import re

_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_CHINESE_LESSON = re.compile(
    r"第\s*(?:(\d{1,3})|([零〇一二两三四五六七八九十]{1,3}))\s*(?:课|讲|章|节|周|回|篇|单元)"
)
_ENGLISH_LESSON = re.compile(
    r"\b(?:lecture|lesson|lec|chapter|chap|week|unit|module|session|class|day)"
    r"[.\s_-]*#?\s*(\d{1,3})\b",
    re.IGNORECASE,
)
_LEADING_NUMBER = re.compile(r"(\d{1,2})(?:[.、:：)）]\s*|\s+)(?!\d)")
_WHOLE_NUMBER = re.compile(r"\D{0,12}?(\d{1,3})\D{0,3}")


def whole_number(cell: str) -> int | None:
    """Read a cell that holds one number and little else."""
    found = _WHOLE_NUMBER.fullmatch(cell.strip())
    return int(found[1]) if found else None


def lesson_number(*texts: str) -> int | None:
    """Find the number of a lesson in its title, or in the words before it."""
    for text in texts:
        if chinese := _CHINESE_LESSON.search(text):
            return int(chinese[1]) if chinese[1] else _from_chinese(chinese[2])
        if found := _ENGLISH_LESSON.search(text) or _LEADING_NUMBER.match(text):
            return int(found[1])
    return None


def _from_chinese(numeral: str) -> int:
    tens, ten, ones = numeral.rpartition("十")
    if not ten:
        return int("".join(str(_DIGITS[digit]) for digit in numeral))
    return (_DIGITS.get(tens, 1) if tens else 1) * 10 + _DIGITS.get(ones, 0)
