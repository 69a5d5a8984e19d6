"""Evidence to an answer: verbatim sentences with their marks, in paragraphs."""

from collections.abc import Sequence

from app.citations import Citations
from app.evidence import Unit
from app.model import Answer, Sentence


def extractive(question: str, units: Sequence[Unit], citations: Citations | None = None) -> Answer:
    """An answer of verbatim sentences; it goes on after ``citations``, if there are some."""
    citations = citations or Citations()
    sentences: list[Sentence] = []
    text = ""
    previous: Unit | None = None
    for unit in units:
        sentence = _sentence(unit, citations)
        sentences.append(sentence)
        text += f"{_gap(previous, unit)}{unit.text}{marks_of(sentence)}"
        previous = unit
    return Answer(question, text, tuple(sentences), citations.made)


def marks_of(sentence: Sentence) -> str:
    """The numbers of a sentence's citations as they stand in the text."""
    return "".join(f"[{number}]" for number in sentence.citations)


def _sentence(unit: Unit, citations: Citations) -> Sentence:
    """A unit, cited where it stands and then where else it is said."""
    places = (unit, *unit.also)
    numbers = (n for one in places for n in citations.cite(one.hit, one.start, one.end))
    return Sentence(unit.text, tuple(dict.fromkeys(numbers)), verbatim=True, supported=True)


def _gap(previous: Unit | None, unit: Unit) -> str:
    """Neighbours in one paragraph stay in it; everything else begins a new one."""
    if previous is None:
        return ""
    if previous.hit.chunk.id != unit.hit.chunk.id or unit.start < previous.end:
        return "\n\n"
    between = unit.hit.chunk.text[previous.end : unit.start]
    return between if not between.strip() else "\n\n"
