"""OCR engines by name; each ships its models inside its package."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ingest.errors import RecognitionFailed, SettingsError
from ingest.recognition import RecognizedLine, Recognizer

# Wider pictures are made smaller before lines are looked for; lines are read at full size.
_LONGEST_SIDE = 2000


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine by name: the package that it comes in, and how to start it on some threads."""

    package: str
    extra: str
    start: Callable[[int], Callable[[bytes], Sequence[RecognizedLine]]]


class _Started:
    """A loaded engine as a Recognizer."""

    def __init__(self, fingerprint: str, read: Callable[[bytes], Sequence[RecognizedLine]]) -> None:
        self.fingerprint = fingerprint
        self._read = read

    def recognize(self, picture: bytes) -> Sequence[RecognizedLine]:
        """Find the lines of text in a picture; raise RecognitionFailed."""
        try:
            lines = self._read(picture)
        except (RuntimeError, ValueError, OSError) as error:  # what engines raise for bad pictures
            raise RecognitionFailed(f"the picture can't be read: {error}") from error
        return sorted(lines, key=lambda line: (line.y0, line.x0, line.text))


def make_recognizer(name: str, threads: int) -> Recognizer:
    """Load an engine; raise SettingsError for an unknown name or a package that is missing."""
    fingerprint = engine_fingerprint(name)
    return _Started(fingerprint, ENGINES[name].start(threads))


def engine_fingerprint(name: str) -> str:
    """What decides an engine's text; nothing is loaded. Raises as ``make_recognizer``."""
    engine = ENGINES.get(name)
    if engine is None:
        hint = f"Known: {', '.join(ENGINES)}."
        raise SettingsError(f"unknown OCR engine {name!r}", hint)
    try:
        return f"{name}/{engine.package}-{version(engine.package)}/{_LONGEST_SIDE}"
    except PackageNotFoundError as error:
        hint = f"Install it: pip install 'coursegraph{engine.extra}'."
        raise SettingsError(f"OCR engine {name!r} needs {engine.package}", hint) from error


def _embedded(size: str) -> Callable[[int], Callable[[bytes], Sequence[RecognizedLine]]]:
    """PP-OCRv6 of a packaged size (faster-paddle)."""

    def start(threads: int) -> Callable[[bytes], Sequence[RecognizedLine]]:
        from faster_paddle import OcrEngine

        engine = OcrEngine(model_size=size, threads=threads, det_max_side=_LONGEST_SIDE)
        return lambda picture: [_line(found) for found in engine.ocr(picture)["bounds"].values()]

    return start


def _line(found: dict[str, Any]) -> RecognizedLine:
    (x0, y0), (x1, y1) = found["topLeftCoord"], found["bottomRightCoord"]
    return RecognizedLine(found["text"], found["confidence"], x0, y0, x1, y1)


def _rapidocr(threads: int) -> Callable[[bytes], Sequence[RecognizedLine]]:
    """RapidOCR with the models inside its package."""
    from rapidocr import RapidOCR

    parameters = {
        "Global.log_level": "error",
        "EngineConfig.onnxruntime.intra_op_num_threads": threads,
    }
    engine = RapidOCR(params=parameters)

    def read(picture: bytes) -> Sequence[RecognizedLine]:
        found = engine(picture)
        if found.boxes is None:
            return []
        lines = zip(found.boxes, found.txts, found.scores, strict=True)
        return [
            RecognizedLine(
                text, score, *corners.min(axis=0).tolist(), *corners.max(axis=0).tolist()
            )
            for corners, text, score in lines
        ]

    return read


ENGINES = {
    "embedded": Engine("faster-paddle", "", _embedded("small")),
    "embedded-tiny": Engine("faster-paddle", "", _embedded("tiny")),
    "rapidocr": Engine("rapidocr", "[rapidocr]", _rapidocr),
}
