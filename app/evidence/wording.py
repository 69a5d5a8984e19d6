"""What a quote says, without markup and as index terms.

One check after the other looks at the same quotes, so that what was found is kept.
"""

from functools import lru_cache

from index.tokens import tokenize
from ingest.readers.markdown.markup import plain

_KEPT = 16384


@lru_cache(_KEPT)
def plain_of(text: str) -> str:
    """A quote without markup."""
    return plain(text)


@lru_cache(_KEPT)
def terms_of(plain_text: str) -> frozenset[str]:
    """The index terms of a text without markup."""
    return frozenset(tokenize(plain_text))
