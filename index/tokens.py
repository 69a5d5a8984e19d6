"""One tokenizer for indexing and querying, Chinese and English.

Mixed names are kept whole *and* split: ``Qwen3-VL`` gives ``qwen3vl``, ``qwen``, ``vl``;
``KV cache`` gives ``kv``, ``cache`` and ``kvcache``, so that ``KVCache`` and ``kv-cache`` meet it.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from threading import Lock

import Stemmer

from ingest.segmentation import segmenter
from ingest.text import CJK_CHARACTER

_CJK_RUN = CJK_CHARACTER.pattern + "+"
# Chinese is written right behind other words: 用LoRA微调 has three.
_LETTER = rf"(?!{CJK_CHARACTER.pattern})[^\W_]"
_WORD = rf"{_LETTER}(?:{_LETTER}|[-‐‑_./+#'’](?={_LETTER})|\+\+|#)*"
_RUN = re.compile(f"(?P<cjk>{_CJK_RUN})|(?P<word>{_WORD})")
_CONNECTOR = re.compile(r"[-‐‑_./+#'’]")
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
_MIN_PART = 2
_SHORT_WORD = 3  # gas, bus
# A stemmer keeps state and is not safe to share between threads.
_stemming = Lock()


def _read_words(file: Path) -> frozenset[str]:
    lines = file.read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


# Words that carry no topic; a query's function words must not outvote its content.
STOPWORDS = _read_words(Path(__file__).with_name("stopwords.txt"))


def tokenize(text: str) -> list[str]:
    """Cut a text into index terms, stop words left out."""
    terms: list[str] = []
    for line in unicodedata.normalize("NFKC", text).splitlines():
        terms.extend(_terms(line))
    return terms


def placed_terms(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """The words of a text with their places and index terms; stop words have none."""
    for run in _RUN.finditer(text):
        start = run.start()
        words = segmenter().cut(run.group()) if run.lastgroup == "cjk" else [run.group()]
        for word in words:
            yield start, start + len(word), tokenize(word)
            start += len(word)


def _terms(line: str) -> list[str]:
    terms: list[str] = []
    words: list[tuple[int, int, str]] = []
    for run in _RUN.finditer(line):
        if run.lastgroup == "cjk":
            terms.extend(word for word in _segment(run.group()) if word not in STOPWORDS)
        else:
            written = run.group()
            terms.extend(_word_terms(written))
            words.append((run.start(), run.end(), _CONNECTOR.sub("", written).lower()))
    for (_, end, first), (start, _, second) in pairwise(words):
        adjacent = start - end == 1 and line[end] == " "
        if adjacent and first not in STOPWORDS and second not in STOPWORDS:
            terms.append(stem(first + second))
    return terms


def _segment(run: str) -> list[str]:
    return [word for word in segmenter().cut_for_search(run) if not word.isspace()]


@lru_cache(maxsize=65536)
def _word_terms(written: str) -> tuple[str, ...]:
    whole = _CONNECTOR.sub("", written)
    parts = [part for piece in _CONNECTOR.split(written) for part in _HUMP.findall(piece)]
    terms = [stem(whole.lower())]
    if len(parts) > 1:
        pieces = [piece.lower() for piece in _CONNECTOR.split(written) if piece]
        candidates = [*(part.lower() for part in parts), *pieces]
        terms += [stem(part) for part in candidates if len(part) >= _MIN_PART]
    return tuple(term for term in dict.fromkeys(terms) if term and term not in STOPWORDS)


def stem(word: str) -> str:
    """Stem of a lower-case English word (Snowball); other words stay as they are."""
    if len(word) <= _SHORT_WORD or not word.isascii() or not word.isalpha():
        return word
    with _stemming:
        stemmed: str = _stemmer().stemWord(word)
    return stemmed


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")
