"""The index folder as a type: immutable generations, and ``CURRENT`` that names the one in use."""

import json
import shlex
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from index.errors import IndexDamaged, IndexMismatch, NoIndex
from ingest.files import replace_text, sync, sync_tree

# Raised when the same records would be indexed in another way: other terms, files or formulas.
FORMAT = 11


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds and how it was made."""

    generation: str
    fingerprints: list[str]
    dimension: int
    documents: int
    chunks: int
    languages: dict[str, int] = field(default_factory=dict)
    floors: dict[str, tuple[float, float]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Generation:
    """The files of one generation."""

    folder: Path

    @property
    def vectors(self) -> Path:
        """The FAISS index of the first encoder."""
        return self.vectors_of(0)

    def vectors_of(self, encoder: int) -> Path:
        """The FAISS index of the n-th encoder."""
        return self.folder / ("vectors.faiss" if encoder == 0 else f"vectors{encoder + 1}.faiss")

    @property
    def tokens(self) -> Path:
        """The folder of token codes; not there if the encoder gives no token vectors."""
        return self.folder / "tokens"

    @property
    def leanings(self) -> Path:
        """How near passages are to any question: by encoder, the tokens last, language and row."""
        return self.folder / "leanings.npy"

    @property
    def graph(self) -> Path:
        """The folder of the concept graph."""
        return self.folder / "graph"

    @property
    def papers(self) -> Path:
        """The folder of the literature."""
        return self.folder / "papers"

    @property
    def keyword(self) -> Path:
        """The folder of the BM25 index."""
        return self.folder / "keyword"

    @property
    def records(self) -> Path:
        """Documents and chunks as they were when the generation was built."""
        return self.folder / "records.db"

    @property
    def manifest_file(self) -> Path:
        """What the generation holds; written last."""
        return self.folder / "manifest.json"

    def missing(self) -> list[str]:
        """Names of the files that should be there and are not."""
        needed = (
            self.vectors,
            self.leanings,
            self.keyword,
            self.graph,
            self.papers,
            self.records,
            self.manifest_file,
        )
        return [file.name for file in needed if not file.exists()]

    def sizes(self) -> dict[str, int]:
        """Bytes of each file but the manifest."""
        files = (file for file in self.folder.rglob("*") if file.is_file())
        return {
            file.relative_to(self.folder).as_posix(): file.stat().st_size
            for file in sorted(files)
            if file != self.manifest_file
        }

    def manifest(self) -> Manifest:
        """Read the manifest; raise IndexDamaged when files are missing, cut, or too new or old."""
        missing = self.missing()
        if missing:
            raise IndexDamaged(f"{self.folder}: {', '.join(missing)} is missing", self._rebuild())
        try:
            values = json.loads(self.manifest_file.read_text("utf-8"))
            if values["format"] != FORMAT:
                message = f"{self.folder}: format {values['format']}, this version reads {FORMAT}"
                raise IndexDamaged(message, self._rebuild())
            manifest = Manifest(**values)
        except (ValueError, KeyError, TypeError) as error:
            raise IndexDamaged(
                f"{self.manifest_file}: not a manifest ({error})", self._rebuild()
            ) from error
        sizes = self.sizes()
        for name, size in manifest.sizes.items():
            if sizes.get(name) != size:
                raise IndexDamaged(f"{self.folder}: {name} is damaged", self._rebuild())
        return manifest

    def _rebuild(self) -> str:
        return f"Run {self._command()} to build it again; nothing is embedded twice."

    def _command(self) -> str:
        """The command that ingests what is in this index, not the bundled course beside it."""
        try:
            roots: Iterable[str] = IndexLayout(self.folder.parent).roots().values()
        except IndexDamaged:
            roots = ()
        return f"`{shlex.join(['coursegraph', 'ingest', *sorted(roots)])}`"

    def check_encoders(self, fingerprints: Sequence[str]) -> Manifest:
        """Read the manifest; raise IndexMismatch when other models made the vectors."""
        manifest = self.manifest()
        if manifest.fingerprints != list(fingerprints):
            made, named = " + ".join(manifest.fingerprints), " + ".join(fingerprints)
            message = f"the index was made with {made}, the settings name {named}"
            hint = f"Run {self._command()} to embed again (files are not read again)"
            raise IndexMismatch(message, f"{hint}, or set the embedding setting back.")
        return manifest


@dataclass(frozen=True, slots=True)
class IndexLayout:
    """The index folder."""

    root: Path

    @property
    def pointer(self) -> Path:
        """The file that names the generation in use."""
        return self.root / "CURRENT"

    @property
    def roots_file(self) -> Path:
        """Where each collection lies on this machine: all that is not the same everywhere."""
        return self.root / "roots.json"

    def roots(self) -> dict[str, str]:
        """Root folder of each collection."""
        try:
            found: dict[str, str] = json.loads(self.roots_file.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise IndexDamaged(
                f"{self.roots_file}: {error}", "Ingest your folders again."
            ) from error
        return found

    def write_roots(self, roots: Mapping[str, str]) -> None:
        """Store the root folders, whole or not at all."""
        self.root.mkdir(parents=True, exist_ok=True)
        replace_text(self.roots_file, json.dumps(dict(roots), ensure_ascii=False) + "\n")

    def current(self) -> Generation:
        """The generation in use; raise NoIndex when there is none."""
        try:
            name = self.pointer.read_text("utf-8").strip()
        except FileNotFoundError:
            raise NoIndex("nothing is indexed yet", "Run `coursegraph ingest` first.") from None
        except OSError as error:
            hint = "Check that the data folder is a folder and may be read."
            raise IndexDamaged(f"{self.pointer}: {error.strerror}", hint) from error
        return Generation(self.root / name)

    @contextmanager
    def new_generation(self, name: str) -> Iterator[Generation]:
        """Build a generation beside; when the block ends well, it is synced and made current."""
        partial = self.root / f"{name}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        yield Generation(partial)
        final = self.root / name
        sync_tree(partial)
        if final.exists():  # a damaged one of the same content
            shutil.rmtree(final)
        partial.rename(final)
        sync(self.root)
        replace_text(self.pointer, name + "\n")
        self._prune(name)

    def _prune(self, name: str) -> None:
        """Drop all generations but this one and the newest before it, which may still serve."""
        others = [path for path in self.root.iterdir() if path.is_dir() and path.name != name]
        others.sort(key=lambda path: (path.suffix != ".partial", path.stat().st_mtime))
        keep = [path for path in others if path.suffix != ".partial"][-1:]
        for path in others:
            if path not in keep:
                shutil.rmtree(path)


def write_manifest(generation: Generation, manifest: Manifest) -> None:
    """Write the manifest: the last file of a generation."""
    complete = replace(manifest, sizes=generation.sizes())
    text = json.dumps(asdict(complete), ensure_ascii=False, indent=1, sort_keys=True)
    generation.manifest_file.write_text(text + "\n", "utf-8")
