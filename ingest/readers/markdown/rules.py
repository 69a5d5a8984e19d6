"""The block grammar of notes: CommonMark blocks, tables and display formulas, no inline parsing.

Inline markup stays as written (quotes must be verbatim), so its parser, the slow and fragile part
on hostile input, never runs.
"""

import re
from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock, fence, table

Rule = Callable[[StateBlock, int, int, bool], bool]

# A list takes two levels (list and item), a block quote one. Nobody nests deeper by hand.
_DEEPEST = 40
# Longest formula; it keeps an unclosed $$ from swallowing a note.
_MOST_FORMULA_LINES = 400

_OPENER = re.compile(r"\$\$|\\\[|\\begin\{(?:equation|align|gather|multline|eqnarray)\*?\}")
_AFTER_CLOSER = re.compile(
    r"[ \t]*[.,;，。；]?[ \t]*(?:\([\w.\-]{1,20}\)|\{#?[\w:.\-]{1,60}\})?[ \t]*$"
)
_NOT_IN_FORMULA = re.compile(r"[ \t]*(?:#{1,6}[ \t]|```|~~~)")


def make_parser() -> MarkdownIt:
    """Make the block parser; the text of tables and fences is put in ``token.content``."""
    parser = MarkdownIt("commonmark", {"maxNesting": 1000})
    # Link definitions are text worth keeping: they hold the references of a note.
    parser.disable(["reference"])
    parser.core.ruler.enableOnly(["normalize", "block"])
    interrupts: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    rules = parser.block.ruler
    rules.enable("table")
    rules.at("table", _with_source(table), {"alt": ["paragraph", "reference"]})
    rules.at("fence", _with_source(fence), interrupts)
    rules.before("fence", "formula", formula_block, interrupts)
    rules.before("table", "deep", _deep, {})
    return parser


def _with_source(rule: Rule) -> Rule:
    """Let a rule keep the lines it took, fences and rulers included."""

    def wrapped(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        first = len(state.tokens)
        found = rule(state, start, end, silent)
        if found and not silent:
            state.tokens[first].content = _source(state, start, state.line)
        return found

    return wrapped


def _deep(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Take whatever is nested too deeply as it stands; the parser would drop it."""
    if state.level < _DEEPEST or silent:
        return False
    token = state.push("deep", "", 0)
    token.content = _source(state, start, end)
    state.line = end
    return True


def formula_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Match $$ … $$, \\[ … \\] and LaTeX environments that stand on lines of their own."""
    if state.is_code_block(start):
        return False
    first = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    opener = _OPENER.match(first)
    if opener is None:
        return False
    closer = _closer(opener.group())
    last = _last_line(state, start, end, first[opener.end() :], closer)
    if last is None:
        return False
    if not silent:
        token = state.push("formula", "", 0)
        token.content = _source(state, start, last + 1)
        state.line = last + 1
    return True


def _closer(opener: str) -> str:
    if opener == "$$":
        return "$$"
    return r"\]" if opener == r"\[" else opener.replace("begin", "end", 1)


def _last_line(state: StateBlock, start: int, end: int, rest: str, closer: str) -> int | None:
    """Find the line that closes a formula; None when text follows on it, or there is none."""
    # A note full of openers must not be searched again for each one of them.
    unclosed = state.env.setdefault("unclosed", {})
    low, high = unclosed.get(closer, (0, 0))
    stop = start + 1 if low < start < high else min(end, start + _MOST_FORMULA_LINES)
    number = start
    while (position := rest.find(closer)) < 0:
        number += 1
        if number >= stop:
            break
        rest = state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]
        if rest and (state.sCount[number] < state.blkIndent or _NOT_IN_FORMULA.match(rest)):
            break
    if position >= 0:
        closed = _AFTER_CLOSER.match(rest, position + len(closer))
        return number if closed is not None else None
    if number > start + 1:
        unclosed[closer] = (start, number)
    return None


def _source(state: StateBlock, start: int, end: int) -> str:
    return state.getLines(start, end, state.sCount[start], False).rstrip("\n")
