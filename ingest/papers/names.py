"""Titles and short names of papers in texts; a name of everyday words needs its own spelling."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from ahocorasick_rs import AhoCorasick, Implementation

from ingest.concepts.names import is_spelled, name_key, squash, stands_alone
from ingest.model import Paper

# What stands before a colon is a title's name if it is long enough to be no word of a text.
_HEAD = re.compile(r"(.{12,}?)\s*[:：?？]\s")
_LEAST_WORDS = 4
# A title of fewer words is what texts call a thing too: "Mistral 7B", "World Models".
_LEAST_TITLE_WORDS = 3
# So short a name is a word or a symbol in any other spelling.
_SHORT = 3
_WORD = re.compile(r"[a-z]{4,}")
_SAID = re.compile(r"[^\W\d一二三四五六七八九十]")
_PARTS = re.compile(r"[\s-]+")
# What stands around a name that is cited: 论文《X》, "the X paper", X (Hu et al., 2021), X [12].
_CITED_BEFORE = re.compile(
    r"(?:论文|文献|原文|\bpapers?|\bet\s+al\.?|\barxiv)[\s:：,，《“\"'(（*_]{0,4}\Z", re.IGNORECASE
)
_CITED_AFTER = re.compile(
    r"[\s》”\"'*_]{0,3}(?:的?(?:这篇|原始)?(?:论文|原文|文献)|\s?papers?\b|\bet\s+al\b"
    r"|[,，]?\s?[\[(（](?:[^\])）]{0,40}\b(?:19|20)\d\d[a-z]?|\d{1,3}(?:\s?[,，–-]\s?\d{1,3}){0,5})[\])）])",
    re.IGNORECASE,
)
_CITING_REACH = 24


_SIZE = re.compile(
    r"[-_ ]\d{1,4}(?:\.\d)?[BM](?:-A\d{1,3}B)?(?:-(?:Base|Instruct|Chat))?(?![A-Za-z0-9])"
)
# More of a model's name: GLM-4-flash is a product, and the report on GLM-4 not what is meant.
_MODEL = re.compile(r"-[A-Za-z]")
# X (Hu et al., 2021): a text that cites authors names the paper by a part of its title.
_AUTHOR_YEAR = re.compile(
    r"(?P<name>[\w+#.-]+(?:[ ][\w+#.-]+){0,3})\s?[(（](?P<author>[A-Z][\w'’-]+)"
    r"(?:\s(?:et\s+al\.?|and\s[A-Z][\w'’-]+|等))?,?\s?(?P<year>(?:19|20)\d\d)[a-z]?[)）]"
)


class Kind(IntEnum):
    """How surely a mention means its paper, the surest first."""

    TITLE = 0
    NAME = 1
    COMMON = 2  # a base model, which texts name in passing
    WORDS = 3  # words that describe a thing: "chunked prefill"
    GENERIC = 4  # also the name of a thing that everybody speaks of


@dataclass(frozen=True, slots=True)
class Spot:
    """A paper's title or name at ``[start, end)`` of a text; ``cites`` if the words around do."""

    paper: str
    kind: Kind
    start: int
    end: int
    cites: bool


@dataclass(frozen=True, slots=True)
class _Written:
    paper: str
    text: str
    kind: Kind
    exact: bool


class PaperNames:
    """Looks for the titles and names of many papers at once; safe to use from several threads."""

    def __init__(self, papers: Iterable[Paper]) -> None:
        self._words: dict[str, frozenset[str]] = {}
        self._by_author: dict[tuple[str, int], list[Paper]] = defaultdict(list)
        by_key: dict[str, list[_Written]] = defaultdict(list)
        for paper in papers:
            if paper.authors and paper.year:
                surname = paper.authors[0].split()[-1].casefold()
                self._by_author[surname, paper.year].append(paper)
            self._words[paper.id] = frozenset(_WORD.findall(paper.title.casefold()))
            for written in _written(paper):
                by_key[name_key(written.text)].append(written)
        by_key.pop("", None)
        self._names = list(by_key.values())
        self._search = AhoCorasick(list(by_key), implementation=Implementation.ContiguousNFA)

    def find(self, text: str, around: str = "") -> list[Spot]:
        """What a text names, in order and without overlap.

        ``around`` is the document's text, which tells between papers of one name.
        """
        key, places = squash(text)
        candidates = []
        for pattern, low, high in self._search.find_matches_as_indexes(key, overlapping=True):
            start, end = places[low], places[high - 1] + 1
            if _stands_alone(text, start, end):
                candidates.append((start, end, pattern))
        spots = list(self._cited(text))
        position = 0
        for start, end, pattern in sorted(candidates, key=lambda one: (one[0], -one[1])):
            meant = [w for w in self._names[pattern] if _is_meant(w, text, start, end)]
            if start < position or not meant:
                continue
            chosen = self._nearest(meant, around or text)
            cites = chosen.kind is Kind.TITLE or _cites(text, start, end)
            spots.append(Spot(chosen.paper, chosen.kind, start, end, cites))
            position = end
        return spots

    def _cited(self, text: str) -> Iterator[Spot]:
        """Papers that a text cites by author and year, beside a word of title or name."""
        if "20" not in text and "19" not in text:
            return
        for found in _AUTHOR_YEAR.finditer(text):
            year = int(found["year"])
            named = found["name"].split()[-1]
            # A preprint is often cited by the year in which it was printed.
            papers = [
                paper
                for around in (year, year - 1)
                for paper in self._by_author.get((found["author"].casefold(), around), ())
                if name_key(named) in name_key(" ".join((paper.title, *paper.names)))
            ]
            if papers and len(name_key(named)) > _SHORT:
                yield Spot(papers[0].id, Kind.NAME, found.start(), found.end(), cites=True)

    def _nearest(self, meant: Sequence[_Written], around: str) -> _Written:
        """Of papers with one name, the one with most words of its title in the text around."""
        if len(meant) == 1:
            return meant[0]
        words = set(_WORD.findall(around.casefold()))

        def told(written: _Written) -> float:
            own = self._words[written.paper]
            return len(own & words) / (len(own) or 1)

        return max(meant, key=lambda written: (told(written), written.paper))


def _written(paper: Paper) -> Iterator[_Written]:
    long = len(paper.title.split()) >= _LEAST_TITLE_WORDS
    kind = Kind.TITLE if long else Kind.NAME
    yield _Written(paper.id, paper.title, kind, exact=len(name_key(paper.title)) < 12)  # noqa: PLR2004
    head = _HEAD.match(paper.title)
    if head is not None and len(head[1].split()) >= _LEAST_WORDS:
        yield _Written(paper.id, head[1], Kind.TITLE, exact=False)
    for name in paper.names:
        kind = Kind.NAME
        if name in paper.generic:
            kind = Kind.GENERIC
        elif name in paper.common:
            kind = Kind.COMMON
        elif _describes(name):
            kind = Kind.WORDS
        short = len(name_key(name)) < _SHORT
        yield _Written(paper.id, name, kind, exact=short or name in paper.exact)


def _describes(name: str) -> bool:
    """Whether a name is but words: a text that uses them speaks of the thing, not of the paper."""
    return name.islower() and len(_PARTS.split(name)) > 1


def _is_meant(written: _Written, text: str, start: int, end: int) -> bool:
    found = text[start:end]
    if written.kind is Kind.COMMON and _MODEL.match(text, end) and not _SIZE.match(text, end):
        return False
    if written.exact:
        return found == written.text or (
            # Of an acronym's hyphens and spaces none tells anything, its letters do.
            len(name_key(written.text)) > _SHORT
            and name_key_cased(found) == name_key_cased(written.text)
        )
    return is_spelled(written.text, text, start, end)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a name is whole: GRPO/GSPO are two names, and Qwen3-8B is Qwen3 in one size."""
    size = _SIZE.match(text, end)
    after = text[size.end() if size else end :][:4]
    before = text[max(0, start - 2) : start]
    if before.endswith("/"):
        before = " "
    return stands_alone(before + text[start:end] + after, len(before), len(before) + end - start)


def name_key_cased(name: str) -> str:
    """The key of a name whose capitals tell."""
    return re.sub(r"[\s\-‐‑–_]+", "", name)


def _cites(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - _CITING_REACH) : start]
    after = text[end : end + 2 * _CITING_REACH]
    return bool(_CITED_BEFORE.search(before) or _CITED_AFTER.match(after))


def heads(spot: Spot, heading: str) -> bool:
    """Whether a heading is a name and what explains it: "LoRA 的改进", not "多 LoRA 服务"."""
    if spot.kind > Kind.NAME:
        return False
    return not _SAID.search(heading[: spot.start]) or not _SAID.search(heading[spot.end :])
