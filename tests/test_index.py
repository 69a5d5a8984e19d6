"""Layout, keyword and vector search, fusion, and the swap of generations."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from index.errors import IndexDamaged, IndexMismatch, NoIndex
from index.keyword import KeywordIndex
from index.layout import IndexLayout, Manifest, write_manifest
from index.model import merge_boxes
from index.settings import VectorSettings
from index.vector import FaissStore
from ingest.model import Box

TEXTS = [
    "RoPE 是旋转位置编码",
    "KV cache 缓存键和值",
    "GraphRAG builds a graph before retrieval",
    "注意力机制让模型关注相关的词",
]


def best(index: KeywordIndex, query: str) -> int | None:
    scores = index.scores(query)
    return int(scores.argmax()) if scores.any() else None


def test_keyword_search_in_both_languages(tmp_path: Path) -> None:
    built = KeywordIndex.build(TEXTS)
    built.save(tmp_path)
    loaded = KeywordIndex.load(tmp_path, len(TEXTS))
    for index in (built, loaded):
        assert best(index, "rope 位置编码") == 0
        assert best(index, "kvcache") == 1
        assert best(index, "graph retrieval") == 2
        assert best(index, "注意力") == 3
        assert best(index, "zebra") is None
        assert best(index, "的") is None


def test_an_empty_keyword_index_finds_nothing(tmp_path: Path) -> None:
    KeywordIndex.build([]).save(tmp_path)
    assert KeywordIndex.load(tmp_path, 0).scores("KV cache").tolist() == []


def test_knowledge_of_a_query(tmp_path: Path) -> None:
    index = KeywordIndex.build(TEXTS)
    assert index.knows(["rope"]) == 1
    assert index.knows(["zebra"]) == 0
    assert 0 < index.knows(["rope", "zebra"]) < 0.5


@pytest.mark.parametrize("kind", ["exact", "hnsw", "ivf"])
def test_vectors_are_found_again(kind: str, tmp_path: Path) -> None:
    from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
    from llama_index.core.vector_stores.types import VectorStoreQuery

    random = np.random.default_rng(0)
    vectors = random.normal(size=(500, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = [f"c-{row}" for row in range(500)]
    documents = [f"d-{row % 5}" for row in range(500)]
    store = FaissStore.create(16, 500, VectorSettings(kind=kind))
    store.add_vectors(ids[:400], vectors[:400], documents[:400])
    store.add(
        [
            TextNode(
                id_=ids[row],
                text="",
                embedding=vectors[row].tolist(),
                relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=documents[row])},
            )
            for row in range(400, 500)
        ]
    )
    store.persist(str(tmp_path / "vectors.faiss"))
    loaded = FaissStore.load(tmp_path / "vectors.faiss", ids, documents)

    def first(row: int) -> str:
        query = VectorStoreQuery(query_embedding=vectors[row].tolist(), similarity_top_k=3)
        found = loaded.query(query)
        assert found.ids
        return found.ids[0]

    assert [first(row) for row in range(0, 500, 50)] == ids[::50]
    rows, cosines = loaded.nearest(vectors[7], 3)
    assert rows[0] == 7
    assert cosines == pytest.approx(loaded.similarities(vectors[7], rows), abs=1e-5)
    loaded.delete("d-0")
    assert first(0) != "c-0"
    assert first(1) == "c-1"


def complete(layout: IndexLayout, name: str, fingerprint: str = "model") -> None:
    with layout.new_generation(name) as generation:
        for file in (generation.vectors, generation.records, generation.leanings):
            file.write_bytes(b"x")
        generation.keyword.mkdir()
        generation.graph.mkdir()
        generation.papers.mkdir()
        write_manifest(generation, Manifest(name, [fingerprint], 3, 1, 1))


def test_generations_swap_and_old_ones_go(tmp_path: Path) -> None:
    layout = IndexLayout(tmp_path / "index")
    with pytest.raises(NoIndex, match="nothing is indexed"):
        layout.current()
    for name in ("one", "two", "three"):
        complete(layout, name)
        assert layout.current().manifest().generation == name
    assert {path.name for path in layout.root.iterdir()} == {"two", "three", "CURRENT"}


def test_a_failed_build_leaves_the_generation_in_use(tmp_path: Path) -> None:
    layout = IndexLayout(tmp_path / "index")
    complete(layout, "good")
    with pytest.raises(RuntimeError), layout.new_generation("bad"):
        raise RuntimeError
    assert layout.current().manifest().generation == "good"


def test_damage_and_mismatch_say_what_to_run(tmp_path: Path) -> None:
    layout = IndexLayout(tmp_path / "index")
    complete(layout, "one")
    with pytest.raises(IndexMismatch) as mismatch:
        layout.current().check_encoders(["another model"])
    assert "coursegraph ingest" in mismatch.value.hint
    layout.current().vectors.unlink()
    with pytest.raises(IndexDamaged, match=r"vectors\.faiss is missing") as damaged:
        layout.current().manifest()
    assert "coursegraph ingest" in damaged.value.hint
    layout.current().manifest_file.write_text('{"format": 99}')
    layout.current().vectors.write_bytes(b"x")
    with pytest.raises(IndexDamaged, match="format 99"):
        layout.current().manifest()


def test_lines_of_a_paragraph_become_one_box_and_columns_stay_apart() -> None:
    lines = (Box(1, 10, 10, 90, 20), Box(1, 10, 22, 80, 32), Box(1, 110, 10, 190, 20))
    assert merge_boxes(lines) == (Box(1, 10, 10, 90, 32), Box(1, 110, 10, 190, 20))


def test_words_are_numbered_alike_in_every_run(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from index.keyword import KeywordIndex\n"
        "KeywordIndex.build(['注意力机制 softmax', 'keys and values', '']).save(Path(sys.argv[1]))"
    )
    written = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        folder.mkdir()
        environment = os.environ | {"PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", script, folder], env=environment, check=True)
        written.append({file.name: file.read_bytes() for file in folder.iterdir()})
    assert written[0] == written[1]
