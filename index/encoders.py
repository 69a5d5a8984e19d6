"""The models that turn passages and questions into vectors, as one value."""

from dataclasses import dataclass

from index.embedding import Embedder


@dataclass(frozen=True, slots=True)
class Encoders:
    """The first decides what is near enough; a second one that errs elsewhere may join it."""

    first: Embedder
    second: Embedder | None = None

    @property
    def all(self) -> tuple[Embedder, ...]:
        """The encoders that are there."""
        return (self.first,) if self.second is None else (self.first, self.second)

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """What the vectors of an index depend on."""
        return tuple(encoder.fingerprint for encoder in self.all)

    def prepare(self) -> None:
        """Start loading the models; returns at once."""
        for encoder in self.all:
            encoder.prepare()
