"""Reranking: the first passages of the fused list, looked at more closely.

The port is LlamaIndex's ``BaseNodePostprocessor``, for any model that judges a question and a
passage together. The embedded default needs none: late interaction over kept token vectors.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from index.fusion import standard
from index.settings import RerankSettings
from ingest.errors import SettingsError

if TYPE_CHECKING:
    from llama_index.core.postprocessor.types import BaseNodePostprocessor

Ranked = list[tuple[int, float]]
Texts = Callable[[Sequence[int]], list[str]]
PROVIDERS = ("embedded", "cross-encoder:<folder or hub id>", "none")


class Reranker(Protocol):
    """Puts passages in a new order; safe to use from several threads."""

    def rerank(self, question: str, ranked: Ranked, texts: Texts) -> Ranked:
        """The same rows, best first; ``texts`` gives the passages of rows."""
        ...


def blended(ranked: Ranked, scores: Sequence[float], weight: float) -> Ranked:
    """Add scores of the same rows to theirs, in spreads of these scores."""
    among = np.asarray(scores, np.float64)
    gains = weight * standard(among, among)
    total = [(row, score + float(gain)) for (row, score), gain in zip(ranked, gains, strict=True)]
    return sorted(total, key=lambda item: (-item[1], item[0]))


class PostprocessorReranker:
    """Any LlamaIndex postprocessor as a reranker; its order is the order.

    Passages are judged in parts until the time is over; those not judged stay below in the order
    that they had.
    """

    def __init__(
        self, load: "Callable[[], BaseNodePostprocessor]", settings: RerankSettings
    ) -> None:
        self._load = load
        self._settings = settings
        self._postprocessor: BaseNodePostprocessor | None = None
        self._turn = threading.Lock()

    def rerank(self, question: str, ranked: Ranked, texts: Texts) -> Ranked:
        """See ``Reranker``."""
        from llama_index.core.schema import NodeWithScore, TextNode

        with self._turn:
            if self._postprocessor is None:
                self._postprocessor = self._load()
            deadline = time.monotonic() + self._settings.seconds
            judged: Ranked = []
            size = self._settings.batch
            passages = texts([row for row, _ in ranked])
            for start in range(0, len(ranked), size):
                if start and time.monotonic() > deadline:
                    break
                nodes = [
                    NodeWithScore(node=TextNode(id_=str(row), text=text), score=score)
                    for (row, score), text in zip(
                        ranked[start : start + size], passages[start : start + size], strict=True
                    )
                ]
                found = self._postprocessor.postprocess_nodes(nodes, query_str=question)
                judged += [(int(node.node.node_id), float(node.score or 0.0)) for node in found]
        judged.sort(key=lambda item: (-item[1], item[0]))
        known = {row for row, _ in judged}
        return judged + [(row, score) for row, score in ranked if row not in known]


def make_reranker(settings: RerankSettings) -> Reranker | None:
    """The reranker that the settings name; None where the index itself does it, or nothing does."""
    name, _, model = settings.provider.partition(":")
    if settings.provider in ("embedded", "none"):
        return None
    if name == "cross-encoder" and model:
        from index.cross_encoder import load_cross_encoder
        from index.embedding.local import find_folder

        folder = find_folder(model, settings.allow_download)
        return PostprocessorReranker(lambda: load_cross_encoder(folder, settings), settings)
    raise SettingsError(
        f"Unknown reranker {settings.provider!r}.", "Known are: " + ", ".join(PROVIDERS) + "."
    )
