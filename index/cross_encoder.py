"""A sentence-transformers cross-encoder behind LlamaIndex's postprocessor port.

LlamaIndex's own class runs code that comes with a model by default; this one never does.
"""

from pathlib import Path
from typing import Any

from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle
from pydantic import PrivateAttr

from index.errors import ModelError
from index.settings import RerankSettings


class CrossEncoderPostprocessor(BaseNodePostprocessor):
    """Scores each node's text against the question."""

    _model: Any = PrivateAttr()

    def __init__(self, model: Any) -> None:
        super().__init__()
        self._model = model

    @classmethod
    def class_name(cls) -> str:
        """The name that LlamaIndex stores."""
        return "CrossEncoderPostprocessor"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        if query_bundle is None or not nodes:
            return nodes
        pairs = [(query_bundle.query_str, node.node.get_content()) for node in nodes]
        scores = self._model.predict(pairs, show_progress_bar=False)
        judged = [
            NodeWithScore(node=node.node, score=float(score))
            for node, score in zip(nodes, scores, strict=True)
        ]
        return sorted(judged, key=lambda node: -(node.score or 0.0))


def load_cross_encoder(folder: Path, settings: RerankSettings) -> CrossEncoderPostprocessor:
    """Load a model folder; raise ModelError when it is none."""
    from sentence_transformers import CrossEncoder

    try:
        model = CrossEncoder(
            str(folder),
            device=settings.device,
            local_files_only=True,
            trust_remote_code=False,
            max_length=settings.max_tokens,
        )
    except (OSError, ValueError, RuntimeError, KeyError, ImportError, AssertionError) as error:
        raise ModelError(
            f"The reranking model in {folder} can't be loaded: {error}",
            "Check the device, and that the folder is a whole cross-encoder.",
        ) from error
    return CrossEncoderPostprocessor(model)
