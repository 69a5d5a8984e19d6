"""What a language model claims: how its answers are read, and what the text bears out."""

from dataclasses import replace

import pytest

from ingest.concepts.asking import messages, read_answer
from ingest.concepts.claims import Claim, Fault, check, with_claims
from ingest.concepts.matching import Name, NameMatcher
from ingest.concepts.mentions import Passage, read_passages
from ingest.concepts.relations import RelationSettings
from ingest.model import (
    Chunk,
    Document,
    DocumentKind,
    DocumentState,
    Evidence,
    Language,
    Relation,
    RelationKind,
)

TEXT = (
    "多头注意力（MHA）和 KV cache 一起\n使用。LoRA does not need the KV cache. "
    "Transformers use attention."
)
NAMES = {
    "attention": ["注意力", "attention"],
    "mha": ["多头注意力", "MHA"],
    "kv-cache": ["KV cache"],
    "lora": ["LoRA"],
    "transformer": ["transformer"],
}
CHUNK = Chunk("c", "d", "s", 0, ("注意力",), TEXT, Language.MIXED)
DOCUMENT = Document(
    id="d",
    collection="c",
    path="p.md",
    file="",
    title="T",
    format="markdown",
    kind=DocumentKind.MATERIAL,
    state=DocumentState.INDEXED,
    sha256="",
    size=0,
    language=Language.MIXED,
)


def passage(chunk: Chunk = CHUNK) -> Passage:
    names = [Name(concept, name) for concept, all_of in NAMES.items() for name in all_of]
    (found,) = read_passages({"d": DOCUMENT}, [chunk], NameMatcher(names))
    return found


@pytest.mark.parametrize(
    ("claim", "fault"),
    [
        (("MHA", "uses", "KV cache", "多头注意力（MHA）和 KV cache 一起使用"), None),
        (("mha", "uses", "kv-cache", "（MHA）和KV cache"), None),
        (("Transformers", "uses", "attention", "Transformers use attention."), None),
        (("MHA", "proposed_in", "KV cache", "（MHA）和 KV cache"), Fault.UNKNOWN_RELATION),
        (("MHA", "uses", "KV cache", ""), Fault.QUOTE_NOT_IN_PASSAGE),
        (("MHA", "uses", "KV cache", "MHA uses KV cache"), Fault.QUOTE_NOT_IN_PASSAGE),
        (("LoRA", "uses", "MHA", "LoRA does not need the KV cache"), Fault.NAME_NOT_IN_QUOTE),
        (("", "uses", "KV cache", "the KV cache"), Fault.NAME_NOT_IN_QUOTE),
        # A name inside a longer one is no mention, however the quote is cut.
        (("注意力", "uses", "KV cache", "注意力（MHA）和 KV cache"), Fault.UNKNOWN_CONCEPT),
        (("need", "uses", "KV cache", "need the KV cache"), Fault.UNKNOWN_CONCEPT),
        (("多头注意力", "is_a", "MHA", "多头注意力（MHA）"), Fault.SAME_CONCEPT),
    ],
)
def test_claims_are_checked(claim: tuple[str, str, str, str], fault: Fault | None) -> None:
    found = check(Claim(*claim), passage(), 240)
    if fault is not None:
        assert found is fault
        return
    assert isinstance(found, Relation)
    assert found.evidence[0].quote in TEXT


def test_a_quote_has_an_end() -> None:
    text = "LoRA " + "很长" * 120 + " KV cache"
    claim = Claim("LoRA", "uses", "KV cache", text)
    long = passage(replace(CHUNK, text=text))
    assert check(claim, long, 240) is Fault.QUOTE_TOO_LONG
    assert isinstance(check(claim, long, 300), Relation)


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        ("[]", (0, 0)),
        ('[{"source": "a", "relation": "uses", "target": "b", "quote": "q"}]', (1, 0)),
        ('{"relations": [{"source": "a", "relation": "r", "target": "b", "quote": "q"}]}', (1, 0)),
        ('<think>[1]</think> Sure: ```json\n[{"source": 1}, "x"]\n``` bye [2]', (0, 2)),
        ("<think>Then answer []. Or:</think>no list", None),
        (
            "<think>[]?</think>\n"
            + '[{"source": "a", "relation": "uses", "target": "b", "quote": "q"}]',
            (1, 0),
        ),
        ("", None),
        ("[" * 5000, None),
        ("nothing [here]", None),
    ],
)
def test_answers_are_read_whatever_is_around_them(
    answer: str, count: tuple[int, int] | None
) -> None:
    found = read_answer(answer)
    if found is None:
        assert count is None
    else:
        assert (len(found[0]), found[1].total()) == count


def test_a_passage_can_not_hold_its_own_mark() -> None:
    asked = messages("T", ("S",), "text", "0123456789abcdef0123")
    assert asked[1].content == "passage-0123456789abcdef\nT > S\n\ntext\npassage-0123456789abcdef"


def edge(source: str, kind: RelationKind, target: str, *quotes: str) -> Relation:
    found = tuple(Evidence("d", "c", None, quote) for quote in quotes or ("q",))
    return Relation(source, kind, target, found)


def test_claims_add_and_never_replace() -> None:
    before, uses, either = (
        RelationKind.PREREQUISITE_OF,
        RelationKind.USES,
        RelationKind.ALTERNATIVE_TO,
    )
    known = [
        edge("a", before, "b", "found"),
        edge("a", uses, "b", *"12345"),
        edge("b", RelationKind.RELATED_TO, "d"),
        edge("c", either, "d", "found"),
    ]
    claimed = [
        edge("b", before, "c", "1"),
        edge("b", before, "c", "2"),
        edge("c", before, "a", "1"),  # with a -> b -> c it would close a cycle
        edge("b", before, "a", "3"),  # the other way round is known
        edge("a", before, "b", "f ound"),  # the same words
        edge("a", before, "b", "more"),
        edge("a", uses, "b", "6"),  # there are five
        edge("b", uses, "a", "7"),
        edge("d", either, "c", "more"),  # goes both ways
        edge("b", uses, "d", "8"),
        edge("a", RelationKind.RELATED_TO, "c", "9"),
        edge("a", RelationKind.RELATED_TO, "b", "10"),  # more is known
        edge("e", uses, "f", "1"),
        edge("f", uses, "e", "1"),
        edge("f", uses, "e", "2"),
    ]
    found = with_claims(known, claimed, RelationSettings())
    assert {(r.source, r.kind, r.target): [e.quote for e in r.evidence] for r in found} == {
        ("a", before, "b"): ["found", "more"],
        ("a", uses, "b"): ["1", "2", "3", "4", "5"],
        ("a", RelationKind.RELATED_TO, "c"): ["9"],
        ("b", before, "c"): ["1", "2"],
        ("b", RelationKind.RELATED_TO, "d"): ["q"],
        ("b", uses, "d"): ["8"],
        ("c", either, "d"): ["found", "more"],
        ("f", uses, "e"): ["1", "2"],
    }
    assert with_claims(known, claimed[::-1], RelationSettings()) == found
    assert with_claims(known, (), RelationSettings()) == known
