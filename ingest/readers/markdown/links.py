"""Links of a note to somewhere outside it: Markdown and HTML links, addresses, arXiv numbers."""

import re
from collections.abc import Iterable, Iterator, Sequence

from ingest.model import Block, BlockKind, Link
from ingest.readers.markdown.markup import Link as Written
from ingest.readers.markdown.markup import links, plain

_SCHEMES = ("http://", "https://")
# An address ends where Chinese text or punctuation begins.
_ADDRESS = re.compile(r"https?://[^\s<>\"'`|\\^{}\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]{1,2000}")
_TRAILING = ".,;:!?*_~'\""
_DEFINED = re.compile(
    r"^[ \t]{0,3}\[(?!\^)([^\[\]\n]{1,200})\]:[ \t]*<?(https?://[^\s<>]+)>?.*$", re.MULTILINE
)
_REFERRING = re.compile(r"(?<!!)\[([^\[\]\n]{1,300})\]\[([^\[\]\n]{0,200})\]")
_CODE_SPAN = re.compile(r"(`{1,2})[^`\n]+\1")
_IMAGE = re.compile(r"!\[[^\[\]\n]*\]\([^()\n]*\)")
_ARXIV = re.compile(
    r"\barxiv[\s:.]{0,3}(?P<new>\d{2}(?:0[1-9]|1[0-2])\.\d{4,5})(?:v\d{1,2})?(?!\d)"
    r"|\barxiv[\s:.]{0,3}(?P<old>[a-z\-]{2,12}(?:\.[a-z]{2})?/\d{7})(?!\d)",
    re.IGNORECASE,
)
_ARXIV_ADDRESS = re.compile(r"arxiv\.org/(?:abs|pdf|html)/", re.IGNORECASE)


def external_links(blocks: Iterable[Block]) -> tuple[Link, ...]:
    """Find every link that leads out of a note, once each, in order; code holds none."""
    texts = [block.text for block in blocks if block.kind is not BlockKind.CODE]
    defined = {found[1].casefold(): found[2] for text in texts for found in _DEFINED.finditer(text)}
    return tuple(dict.fromkeys(link for text in texts for link in links_in(text, defined)))


def links_in(text: str, defined: dict[str, str] | None = None) -> list[Link]:
    """Find the links of one text that lead outside; ``defined`` holds addresses by their label."""
    text = _CODE_SPAN.sub(_blank, _IMAGE.sub(_blank, text))
    written = links(text)
    found = [
        (one.start, Link(plain(one.text), one.target))
        for one in written
        if one.target.lower().startswith(_SCHEMES)
    ]
    text = _without(text, written)  # what a link shows may itself be an address
    for pattern, read in ((_REFERRING, _referring), (_DEFINED, _definition)):
        for match in pattern.finditer(text):
            link = read(match, defined or {})
            found += [] if link is None else [(match.start(), link)]
    text = _DEFINED.sub(_blank, text)
    found += _addresses(text)
    found += [
        (match.start(), Link(match.group(), f"https://arxiv.org/abs/{arxiv_id(match.group())}"))
        for match in _ARXIV.finditer(text)
    ]
    return [link for _, link in sorted(found, key=lambda one: one[0])]


def _without(text: str, written: Sequence[Written]) -> str:
    """Blank out links, so that all places stay where they are."""
    pieces: list[str] = []
    position = 0
    for one in written:
        if one.start >= position:
            pieces += [text[position : one.start], " " * (one.end - one.start)]
            position = one.end
    return "".join(pieces) + text[position:]


def arxiv_id(text: str) -> str:
    """The first arXiv id that a text names, without its version; empty if there is none."""
    found = _ARXIV.search(_ARXIV_ADDRESS.sub("arxiv:", text))
    return "" if found is None else found["new"] or found["old"]


def _addresses(text: str) -> Iterator[tuple[int, Link]]:
    for match in _ADDRESS.finditer(text):
        address = match.group().rstrip(_TRAILING)
        while address.endswith((")", "]")) and _is_unbalanced(address):
            address = address[:-1].rstrip(_TRAILING)
        if len(address) > len("https://"):
            yield match.start(), Link(address, address)


def _is_unbalanced(address: str) -> bool:
    opener = "(" if address.endswith(")") else "["
    return address.count(address[-1]) > address.count(opener)


def _referring(match: re.Match[str], defined: dict[str, str]) -> Link | None:
    target = defined.get((match[2] or match[1]).casefold())
    return None if target is None else Link(plain(match[1]), target)


def _definition(match: re.Match[str], _: dict[str, str]) -> Link:
    return Link(match[1], match[2])


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())
