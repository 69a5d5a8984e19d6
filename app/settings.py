"""All settings; the only place that reads the environment (``COURSEGRAPH_...``)."""

import os
import re
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from index.settings import EmbeddingSettings, RerankSettings, SearchSettings, VectorSettings
from ingest.errors import SettingsError
from ingest.settings import MEGABYTE, OcrMode, ReadSettings

_PREFIX = "COURSEGRAPH_"
_ORIGIN = re.compile(r"https?://[^/\s,*]+")


class Settings(BaseSettings):
    """Every field is an environment variable with the prefix ``COURSEGRAPH_``."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        extra="forbid",
        frozen=True,
        # An empty variable is one that is not set; above all, no empty key opens the service.
        env_ignore_empty=True,
        validate_default=True,
    )

    data: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("coursegraph", appauthor=False),
        description="Data folder: corpus, index and models.",
    )
    chunk_length: int = Field(400, ge=80, le=2000, description="Chunk size in Chinese characters.")
    max_file_mb: int = Field(200, ge=1, description="Larger files are not read.")
    max_pages: int = Field(3000, ge=1, description="PDFs with more pages are not read.")
    read_timeout_seconds: float = Field(300, gt=0, description="Time limit for reading one file.")
    read_memory_mb: int = Field(2048, ge=256, description="Memory limit for reading one file.")
    ocr: OcrMode = Field(OcrMode.AUTO, description="auto | off | force: text in pictures.")
    ocr_engine: str = Field("embedded", description="embedded | embedded-tiny | rapidocr")
    ocr_timeout_seconds: float = Field(120, gt=0, description="Time limit for a page's pictures.")

    lexicon: Path | None = Field(
        None, description="A course's own concepts, over those that ship: one YAML file."
    )
    embedding: str = Field(
        "embedded",
        description="embedded | sentence-transformers:<folder or hub id> | openai:<model>",
    )
    second_embedding: str = Field(
        "auto", description="auto | none | a provider: auto joins embedded-use to the default."
    )
    embedding_base_url: str | None = Field(None, description="OpenAI-compatible endpoint.")
    embedding_api_key: SecretStr | None = Field(None, description="Key of that endpoint.")
    embedding_query_prefix: str | None = Field(None, description="Overrides the model's own.")
    embedding_passage_prefix: str | None = Field(None, description="Overrides the model's own.")
    embedding_dimensions: int | None = Field(None, description="Shortened vectors, if supported.")
    embedding_batch_size: int | None = Field(None, ge=1, description="Texts in one batch.")
    embedding_device: str = Field("cpu", description="cpu, cuda, mps ...")
    embedding_dtype: str | None = Field(None, description="float32, bfloat16 or float16.")
    embedding_allow_download: bool = Field(False, description="May fetch a model from the hub.")
    threads: int | None = Field(None, ge=1, description="CPU threads of embedding models.")

    reranker: str = Field(
        "embedded", description="embedded | cross-encoder:<folder or hub id> | none"
    )
    reranker_seconds: float = Field(2.0, gt=0, description="Time for a cross-encoder's judgement.")

    llm: str = Field("none", description="none | openai-like:<model> | gguf:<path>")
    llm_base_url: str | None = Field(None, description="OpenAI-compatible endpoint.")
    llm_api_key: SecretStr | None = Field(None, description="Key of that endpoint.")
    llm_timeout_seconds: float = Field(120.0, gt=0, description="Time for one answer.")
    llm_retries: int = Field(4, ge=0, description="How often a busy endpoint is asked again.")
    llm_temperature: float = Field(0.0, ge=0, le=2, description="0 takes the likeliest words.")
    llm_unsupported: Literal["drop", "mark"] = Field(
        "drop", description="drop | mark: sentences that their quotes don't bear out."
    )

    paper_source: Literal["none", "arxiv", "semantic-scholar", "openalex"] = Field(
        "none", description="none | arxiv | semantic-scholar | openalex: for `papers fetch`."
    )
    paper_source_url: str | None = Field(None, description="Another address of that source.")
    paper_source_key: SecretStr | None = Field(None, description="Key of Semantic Scholar.")
    paper_source_seconds: float = Field(3.0, ge=0, description="Between two requests to it.")

    vector_index: Literal["auto", "exact", "hnsw", "ivf"] = Field(
        "auto", description="Kind of FAISS index; auto chooses by size."
    )

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on.")
    api_key: SecretStr | None = Field(None, description="Clients must send it.")
    allowed_origins: str | None = Field(
        None, description="Pages elsewhere that may call /v1: https://chat.example, commas between."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Log level."
    )
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="auto is console on a terminal and JSON elsewhere."
    )

    @field_validator("data")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()

    @field_validator("api_key")
    @classmethod
    def _not_blank(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not key.get_secret_value().strip():
            raise ValueError("a blank key protects nothing")
        return key

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, named: str | None) -> str | None:
        for origin in _listed(named):
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin} is not an origin such as http://localhost:3000")
        return named

    def as_environment(self) -> dict[str, str]:
        """Environment variables that give a child process these settings."""
        values: dict[str, str] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, SecretStr):
                value = value.get_secret_value()
            if value is not None:
                values[_PREFIX + name.upper()] = str(value)
        return values

    def read_settings(self) -> ReadSettings:
        """What the ingest room needs."""
        return ReadSettings(
            chunk_length=self.chunk_length,
            max_file_bytes=self.max_file_mb * MEGABYTE,
            max_pages=self.max_pages,
            timeout_seconds=self.read_timeout_seconds,
            max_memory_bytes=self.read_memory_mb * MEGABYTE,
            ocr=self.ocr,
            ocr_engine=self.ocr_engine,
            ocr_timeout_seconds=self.ocr_timeout_seconds,
        )

    def encoder_settings(self) -> list[EmbeddingSettings]:
        """What the embedding port needs for each encoder, the first one first."""
        first = self._embedding_settings()
        second = self.second_embedding
        if second == "auto":
            second = "embedded-use" if first.provider == "embedded" else "none"
        if second == "none":
            return [first]
        return [first, EmbeddingSettings(second, threads=self.threads)]

    def _embedding_settings(self) -> EmbeddingSettings:
        key = self.embedding_api_key
        return EmbeddingSettings(
            provider=self.embedding,
            base_url=self.embedding_base_url,
            api_key=key.get_secret_value() if key else None,
            query_prefix=self.embedding_query_prefix,
            passage_prefix=self.embedding_passage_prefix,
            dimensions=self.embedding_dimensions,
            batch_size=self.embedding_batch_size,
            device=self.embedding_device,
            dtype=self.embedding_dtype,
            threads=self.threads,
            allow_download=self.embedding_allow_download,
        )

    def vector_settings(self) -> VectorSettings:
        """What the vector store needs."""
        return VectorSettings(kind=self.vector_index)

    def search_settings(self) -> SearchSettings:
        """What searching needs."""
        return SearchSettings(
            rerank=RerankSettings(
                provider=self.reranker,
                seconds=self.reranker_seconds,
                device=self.embedding_device,
                allow_download=self.embedding_allow_download,
            )
        )

    @property
    def origins(self) -> tuple[str, ...]:
        """Origins of pages elsewhere that may call the OpenAI-compatible interface."""
        return _listed(self.allowed_origins)

    @property
    def corpus_file(self) -> Path:
        """The corpus store."""
        return self.data / "corpus.db"

    @property
    def papers_file(self) -> Path:
        """A user's own list of papers, over those that ship."""
        return self.data / "papers.jsonl"

    @property
    def conversations_file(self) -> Path:
        """The conversations; no ingest touches them."""
        return self.data / "conversations.db"

    @property
    def index_folder(self) -> Path:
        """The index generations."""
        return self.data / "index"

    @property
    def models_folder(self) -> Path:
        """Weights unpacked from packages."""
        return self.data / "models"

    @property
    def questions_file(self) -> Path:
        """What models make of texts that are the same in each course."""
        return self.models_folder / "questions.db"

    @property
    def uploads_folder(self) -> Path:
        """Files that came in through the service."""
        return self.data / "uploads"

    @property
    def lock_file(self) -> Path:
        """Held by the process that writes to the data folder."""
        return self.data / "ingest.lock"


def _listed(named: str | None) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in (named or "").split(","))))


def load_settings(**overrides: Any) -> Settings:
    """Settings from the environment, with overrides where they are not None."""
    known = {_PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(
        name for name in os.environ if name.startswith(_PREFIX) and name.upper() not in known
    )
    if unknown:
        hint = "Known: " + ", ".join(sorted(known))
        raise SettingsError(f"unknown setting {unknown[0]}", hint)
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        message = f"setting {name}: {first['msg']}"
        hint = f"Correct {_PREFIX}{name.upper()} or the option of that name."
        raise SettingsError(message, hint) from error
