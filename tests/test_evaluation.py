"""Evaluation: figures worked out by hand, intervals, comparisons and the TREC format."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from app import wiring
from app.assistant import Assistant
from app.cli import cli
from app.errors import BadRequest
from app.evaluation import GoldQuestion, compare, judge_run, parts_named, read_questions, write_trec
from app.evaluation.answers import AnswerJudge
from app.evaluation.bootstrap import intervals
from app.evaluation.facts import FactJudge
from app.evaluation.figures import answer_figures
from app.evaluation.formulas import formulas_in, squeezed
from app.evaluation.metrics import all_pages_at, hit_at, ndcg_at, reciprocal_rank_at
from app.evaluation.runs import parse_run, ranked_pages
from app.model import Citation, Sentence
from app.settings import Settings, load_settings
from conftest import Command, command_over, make_course
from fact_pairs import HELD_OUT, PAIRS
from index.settings import Part
from ingest.concepts.lexicon import load_lexicon
from ingest.concepts.matching import Name, NameMatcher

A1, A2, A3, B1, NOTE = ("a.pdf", 1), ("a.pdf", 2), ("a.pdf", 3), ("b.pdf", 1), ("note.md", None)


def gold(*pages: tuple[str, int | str | None], kind: str = "fact", name: str = "q") -> GoldQuestion:
    return GoldQuestion(name, kind, "?", frozenset(pages))


def line(identity: str, *hits: Sequence[tuple[str, int | None]]) -> dict[str, Any]:
    """A line as `search --out` writes it, as far as it matters here."""
    return {
        "id": identity,
        "hits": [
            {
                "document": pages[0][0],
                "page": pages[0][1],
                "pages": [page for _, page in pages if page is not None],
            }
            for pages in hits
        ],
    }


def test_metrics_are_those_worked_out_by_hand() -> None:
    question = gold(A2, NOTE)
    # The second passage stands on two pages, so the note is the fourth page that is shown.
    hits = [(B1,), (A1, A2), (A2,), (NOTE,)]
    assert [hit_at(k)(question, hits) for k in (1, 2)] == [0, 1]
    assert reciprocal_rank_at(10)(question, hits) == 1 / 2
    assert reciprocal_rank_at(1)(question, hits) == 0
    ideal = 1 + 1 / math.log2(3)
    gain = 1 / math.log2(4) + 1 / math.log2(5)
    assert ndcg_at(10)(question, hits) == pytest.approx(gain / ideal)
    assert ndcg_at(3)(question, hits) == pytest.approx(1 / math.log2(4) / ideal)
    assert ndcg_at(10)(question, [(NOTE,), (A2,)]) == 1
    assert ndcg_at(10)(question, []) == 0


def test_ndcg_is_1_when_there_are_more_gold_pages_than_places() -> None:
    pages = [("a.pdf", number) for number in range(12)]
    assert ndcg_at(10)(gold(*pages), [(page,) for page in pages]) == 1


def test_a_section_of_a_note_can_be_what_is_asked_for() -> None:
    passages = [["课", "数学公式"], ["课", "核心概念"]]
    run = [{"document": "note.md", "page": None, "pages": [], "section": s} for s in passages]
    hits = parse_run([{"id": "q", "hits": run}])["q"]
    section, note = gold(("note.md", "核心概念")), gold(("note.md", None))
    assert [reciprocal_rank_at(10)(question, hits) for question in (section, note)] == [1 / 2, 1]
    assert ranked_pages(hits) == [("note.md", None)]
    headings = [place for _, place in ranked_pages(hits, sections=True)]
    assert headings == ["数学公式", "课", "核心概念"]
    assert ndcg_at(10)(note, hits) == 1


def test_all_pages_are_found_only_when_the_last_one_is() -> None:
    question = gold(A1, B1, kind="multi")
    hits = [(A1,), (A2,), (B1,)]
    assert [all_pages_at(k)(question, hits) for k in (2, 3)] == [0, 1]
    assert hit_at(2)(question, hits) == 1 / 2


def test_figures_are_by_type_and_language(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    rows = [
        ("q1", "fact", "zh", [A1]),
        ("q2", "fact", "en", [A2]),
        ("q3", "multi", "zh", [A1, B1]),
        ("q4", "fact", None, [NOTE]),
        ("q5", "unanswerable", "fr", []),
    ]
    with file.open("w") as stream:
        for name, kind, lang, pages in rows:
            evidence = [{"doc": doc, "page": page} for doc, page in pages]
            shape = {"id": name, "type": kind, "question": "?", "evidence": evidence}
            stream.write(json.dumps(shape | ({"lang": lang} if lang else {})) + "\n")
    run = [
        line("q1", [A1]),
        line("q2", [A1], [A2]),
        line("q3", [A1], [A2], [A3], [NOTE], [("c.pdf", 1)], [B1]),
        line("q4", [A1]),
    ]
    figures = judge_run(read_questions(file), run)
    fact = figures["retrieval"]["fact"]
    assert (fact["n"], fact["hit@1"], fact["hit@3"]) == (3, pytest.approx(1 / 3), 2 / 3)
    assert fact["MRR@10"] == (1 + 1 / 2) / 3
    assert fact["nDCG@10"] == pytest.approx((1 + 1 / math.log2(3)) / 3)
    assert "all pages@5" not in fact
    multi = figures["retrieval"]["multi"]
    assert (multi["hit@5"], multi["all pages@5"], multi["all pages@10"]) == (1 / 2, 0, 1)
    # Only questions that need every page have a say in it.
    assert figures["retrieval"]["all"]["all pages@10"] == 1
    languages = figures["retrieval by language"]
    assert {name: row["n"] for name, row in languages.items()} == {"zh": 2, "en": 1}
    assert languages["en"]["MRR@10"] == 1 / 2
    low, high = figures["intervals"]["all"]["hit@5 95%"]
    assert low < figures["retrieval"]["all"]["hit@5"] < high


def test_without_languages_there_are_no_figures_by_language() -> None:
    assert "retrieval by language" not in judge_run([gold(A1)], [line("q", [A1])])


def test_intervals_are_those_of_the_binomial() -> None:
    # The mean of resampled yes and no is binomial: its 2.5 % and 97.5 % points are in tables.
    values = np.array([[1.0, 5.0]] * 50 + [[0.0, 5.0]] * 50)
    (low, high), constant = intervals(values)
    assert low == pytest.approx(0.40, abs=0.011)
    assert high == pytest.approx(0.60, abs=0.011)
    assert constant == [5, 5]
    assert intervals(values) == intervals(values)


def test_a_comparison_is_paired() -> None:
    questions = [gold(A1, name=f"q{number}") for number in range(20)]
    better = parse_run(
        [line(q.id, [A1] if number % 2 else [B1]) for number, q in enumerate(questions)]
    )
    worse = parse_run(
        [
            line(q.id, *([[B1], [A1]] if number % 2 else [[B1]]))
            for number, q in enumerate(questions)
        ]
    )
    row = compare(questions, better, worse)["difference"]["all"]
    assert (row["n"], row["hit@5"], row["MRR@10"]) == (20, 0, 0.25)
    # No question differs in hit@5; unpaired, the interval would be wide.
    assert row["hit@5 95%"] == [0, 0]
    low, high = row["MRR@10 95%"]
    assert 0 < low < 0.25 < high < 0.5
    back = compare(questions, worse, better)["difference"]["all"]
    assert back["MRR@10"] == -0.25


def test_a_trec_run_ranks_each_page_once(tmp_path: Path) -> None:
    run = parse_run(
        [
            line(
                "q 1", [("a b.pdf", 1), ("a b.pdf", 2)], [("a b.pdf", 2)], [("笔记　一.md", None)]
            ),
            line("q2"),
            line("q3", [("100%.pdf", 7)]),
        ]
    )
    file = tmp_path / "run.trec"
    write_trec(run, file)
    assert [row.split(" ") for row in file.read_text("utf-8").splitlines()] == [
        ["q%201", "Q0", "a%20b.pdf#1", "1", "1.00000000", "coursegraph"],
        ["q%201", "Q0", "a%20b.pdf#2", "2", "0.50000000", "coursegraph"],
        ["q%201", "Q0", "笔记%E3%80%80一.md", "3", "0.33333333", "coursegraph"],
        ["q3", "Q0", "100%25.pdf#7", "1", "1.00000000", "coursegraph"],
    ]
    with pytest.raises(BadRequest, match="none"):
        write_trec(run, tmp_path / "none" / "run.trec")


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ([line("other", [A1])], "lacks question 'q'"),
        ([{"id": "q"}], "lacks 'hits'"),
        ([{"id": "q", "hits": ["a"]}], "lacks"),
        ([{"id": "q", "hits": [{"document": "a", "pages": [[1]]}]}], "lacks"),
    ],
)
def test_a_wrong_run_is_a_clear_error(run: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        judge_run([gold(A1)], run)


def test_parts_are_named_in_comma_lists_and_unknown_ones_list_the_known() -> None:
    assert parts_named(["graph, rerank", "second-encoder,graph,"]) == [
        Part.GRAPH,
        Part.RERANK,
        Part.ENCODER,
    ]
    assert parts_named([]) == []
    with pytest.raises(BadRequest, match="'magic'") as caught:
        parts_named(["graph,magic"])
    assert all(part in caught.value.hint for part in Part)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Path:
    """Holds the ingested course, questions over it, and a run that found nothing."""
    folder = tmp_path_factory.mktemp("evaluation")
    course = make_course(folder / "course")
    assert command_over(folder / "data", models)("ingest", course).code == 0
    evidence = [{"doc": "量化（quantization）.pdf", "page": 2}]
    question = {"id": "q1", "type": "fact", "lang": "zh", "question": "QLoRA 用什么格式量化权重？"}
    (folder / "questions.jsonl").write_text(json.dumps(question | {"evidence": evidence}) + "\n")
    (folder / "nothing.jsonl").write_text('{"id": "q1", "hits": []}\n')
    return folder


@pytest.fixture
def ingested(folder: Path, models: Path) -> Command:
    return command_over(folder / "data", models)


def test_one_command_judges_ablates_compares_and_writes_trec(
    ingested: Command, folder: Path, tmp_path: Path
) -> None:
    questions, nothing, trec = folder / "questions.jsonl", folder / "nothing.jsonl", tmp_path / "t"
    search = ["eval", questions, "--no-answers", "--ablate", "rerank,graph"]
    figures = ingested(*search, "--against", nothing, "--trec", trec, "--json").json
    assert figures["retrieval"]["fact"]["hit@1"] == 1
    assert figures["retrieval by language"]["zh"]["n"] == 1
    assert not {"answers", "refusal"} & figures.keys()
    assert figures["difference"]["fact"]["MRR@10"] == 1
    assert list(figures["ablation"]) == ["rerank", "graph"]
    judged = figures["ablation"]["graph"]
    full, without = figures["retrieval"]["all"], judged["without"]["all"]
    assert judged["difference"]["all"]["MRR@10"] == full["MRR@10"] - without["MRR@10"]
    assert trec.read_text("utf-8").startswith("q1 Q0 量化（quantization）.pdf#2 1 ")
    shown = ingested(*search).out
    assert "without rerank" in shown
    assert "retrieval by language" in shown
    assert "1.000 … 1.000" in shown


def test_two_runs_are_compared_without_an_index(
    coursegraph: Command, folder: Path, tmp_path: Path
) -> None:
    found = tmp_path / "found.jsonl"
    hit = {"document": "量化（quantization）.pdf", "page": 2, "pages": [2]}
    found.write_text(json.dumps({"id": "q1", "hits": [hit]}) + "\n")
    questions, nothing = folder / "questions.jsonl", folder / "nothing.jsonl"
    judged = coursegraph("eval", questions, "--run", nothing, "--against", found, "--json").json
    assert judged["difference"]["all"]["hit@5"] == -1
    assert judged["difference"]["all"]["hit@5 95%"] == [-1, -1]
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    wrong = coursegraph("eval", questions, "--run", found, "--against", empty)
    assert (wrong.code, "empty.jsonl lacks question 'q1'" in wrong.err) == (1, True)
    both = coursegraph("eval", questions, "--run", found, "--ablate", "graph")
    assert (both.code, "--run" in both.err) == (2, True)
    unknown = coursegraph("eval", questions, "--ablate", "magic")
    assert (unknown.code, "second-encoder" in unknown.err) == (1, True)


@pytest.fixture
def left_out(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[Part]]]:
    """The parts that each assistant was made without; the assistants are the real ones."""
    made: list[list[Part]] = []
    real = wiring.make_assistant

    def make(settings: Settings, without: Sequence[Part] = ()) -> Assistant:
        made.append(list(without))
        return real(settings, without)

    monkeypatch.setattr(wiring, "make_assistant", make)
    yield made


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["search", "QLoRA", "--mode", "lexical"], [[]]),
        (["search", "QLoRA", "--mode", "lexical", "--no-rerank"], [[Part.RERANK]]),
        (
            [
                "eval",
                "QUESTIONS",
                "--mode",
                "lexical",
                "--no-answers",
                "--ablate",
                "graph,diversity",
            ],
            [[], [Part.GRAPH], [Part.DIVERSITY]],
        ),
    ],
)
def test_the_commands_carry_the_parts_to_leave_out(
    folder: Path, left_out: list[list[Part]], arguments: list[str], expected: list[list[Part]]
) -> None:
    given = [str(folder / "questions.jsonl") if a == "QUESTIONS" else a for a in arguments]
    done = CliRunner().invoke(cli, [*given, "--data", str(folder / "data"), "--json"])
    assert done.exit_code == 0, done.output
    assert left_out == expected


def test_the_assistant_searches_without_the_parts(folder: Path) -> None:
    assistant = wiring.make_assistant(load_settings(data=folder / "data"), [Part.RERANK])
    assert assistant.index._settings.without == {Part.RERANK}


@pytest.fixture(scope="module")
def fact_judge(folder: Path) -> FactJudge:
    """Reads with the shipped lexicon's names, so that no course of its own is needed."""
    names = [Name(entry.id, name) for entry in load_lexicon() for name in entry.names]
    encoders = wiring.make_encoders(load_settings(data=folder / "data"))
    return FactJudge(partial(NameMatcher(names).find, lenient=True), encoders.second)


def test_key_facts_are_told_apart_from_what_is_near_them(fact_judge: FactJudge) -> None:
    wrong = [pair for pair in PAIRS if fact_judge.is_told(*pair[:2]) != pair[2]]
    assert len(wrong) <= 1, wrong
    unseen = [pair for pair in HELD_OUT if fact_judge.is_told(*pair[:2]) != pair[2]]
    assert len(unseen) <= 2, unseen
    for fact, text, told in wrong + unseen:
        assert told, f"praised for what it does not tell: {fact!r} in {text!r}"


def test_a_fact_may_be_told_in_several_sentences_but_not_far_apart(fact_judge: FactJudge) -> None:
    fact = "编码器、解码器"
    assert fact_judge.is_told(fact, "它有两个部分。先是编码器。[1]然后是解码器。[2]")
    between = "中间讲别的内容。" * 5
    assert not fact_judge.is_told(fact, f"先是编码器。{between}然后是解码器。")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"$\frac{QK^T}{\sqrt{d_k}}$", "QK^T/√d_k"),
        (r"$r < \min\left(1, \frac{q}{p}\right)$", "r < min(1, q/p)"),
        ("L = −log p", r"$\mathcal{L} = -\log p$"),
        ("α·x", r"$\alpha \cdot x$"),
    ],
)
def test_formulas_have_one_spelling(one: str, other: str) -> None:
    assert squeezed(one) == squeezed(other)


def test_an_assignment_of_a_number_is_no_formula() -> None:
    assert formulas_in("取 lr = 0.1，即 y = W x + b。") == ["y = W x + b"]
    assert formulas_in("state-of-the-art models are better than others") == []


@pytest.fixture(scope="module")
def assistant(folder: Path) -> Assistant:
    return wiring.make_assistant(load_settings(data=folder / "data"))


QUANTIZED = "QLoRA 用什么格式量化权重？"


def test_an_answer_is_judged_by_its_facts_pages_and_quotes(assistant: Assistant) -> None:
    page = ("量化（quantization）.pdf", 2)
    question = GoldQuestion("q", "fact", QUANTIZED, frozenset([page]), "zh", ("4 比特 NF4", "GPU"))
    answer = assistant.ask(QUANTIZED)
    judged = AnswerJudge(assistant.index).judge(question, answer)
    assert judged.told == {"4 比特 NF4": True, "GPU": False}
    marks = judged.marks
    assert marks is not None
    assert (marks["key facts"], marks["gold page cited"], marks["gold pages cited"]) == (0.5, 1, 1)
    assert marks["citations on gold pages"] == sum(c.page == 2 for c in answer.citations) / len(
        answer.citations
    )
    assert (marks["supported"], marks["verbatim"], marks["citations open"]) == (1, 1, 1)
    assert judged.line()["keyfacts"] == {"4 比特 NF4": True, "GPU": False}


def test_a_sentence_that_is_not_its_quote_or_not_on_its_page_is_found(assistant: Assistant) -> None:
    question = GoldQuestion("q", "fact", QUANTIZED, frozenset())
    judge, answer = AnswerJudge(assistant.index), assistant.ask(QUANTIZED)
    first = next(one for one in answer.sentences if "NF4" in one.text)
    cited = answer.citations[first.citations[0] - 1]

    def marks(sentence: Sentence, citation: Citation) -> Mapping[str, float]:
        changed = replace(answer, sentences=(sentence,), citations=(citation,))
        found = judge.judge(question, changed).marks
        assert found is not None
        return found

    only = replace(first, citations=(cited.number,))
    assert marks(only, cited)["verbatim"] == 1
    other = replace(only, text="QLoRA 用 8 比特。")
    assert (marks(other, cited)["supported"], marks(other, cited)["verbatim"]) == (0, 0)
    assert marks(replace(other, verbatim=False), cited)["supported"] == 0
    written = replace(only, text="QLoRA 把冻结的权重量化成 4 比特的 NF4。", verbatim=False)
    assert marks(written, cited)["supported"] == 1
    assert "verbatim" not in marks(written, cited)
    moved = replace(cited, page=1 if cited.page == 2 else 2)
    assert (marks(only, moved)["verbatim"], marks(only, moved)["citations open"]) == (0, 0)
    gone = replace(cited, quote="这句话不在资料里。", chunk_id="gone")
    assert (marks(only, gone)["verbatim"], marks(only, gone)["citations open"]) == (0, 0)
    assert marks(replace(only, citations=()), cited)["supported"] == 0


def test_answer_figures_are_by_type_and_language_and_leave_out_shares_of_nothing() -> None:
    questions = [
        GoldQuestion("a", "fact", "?", frozenset([A1]), "zh", ("x", "y")),
        GoldQuestion("b", "fact", "?", frozenset([A1]), "en", ("x",)),
        GoldQuestion("c", "unanswerable", "?", frozenset(), "zh"),
        GoldQuestion("d", "unanswerable", "?", frozenset(), "zh"),
    ]
    given = {"key facts": 0.5, "gold page cited": 1.0}
    figures = answer_figures(questions, {"a": given, "b": None, "c": None, "d": given})
    fact = figures["answers"]["fact"]
    assert (fact["n"], fact["answered"], fact["key facts"]) == (2, 1, 0.5)
    assert fact["key facts of all"] == 0.25
    assert figures["answers by language"]["zh"]["gold page cited"] == 1
    everything = figures["refusal"]["all"]
    assert (everything["precision"], everything["recall"]) == (0.5, 0.5)
    assert everything["answerable refused"] == 0.5
    english = figures["refusal by language"]["en"]
    assert english["precision"] == 0
    assert "recall" not in english


def test_wrong_key_facts_are_a_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    shape = {"id": "q7", "type": "fact", "question": "?", "keyfacts": "NF4"}
    file.write_text(json.dumps(shape))
    with pytest.raises(BadRequest, match=r"'keyfacts' of question 'q7'"):
        read_questions(file)


def test_details_show_each_answer_with_its_verdicts(
    ingested: Command, folder: Path, tmp_path: Path
) -> None:
    questions, details = folder / "questions.jsonl", tmp_path / "details.jsonl"
    figures = ingested("eval", questions, "--details", details, "--json").json
    assert figures["answers"]["fact"]["verbatim"] == 1
    line = json.loads(details.read_text("utf-8"))
    assert (line["id"], line["marks"]["citations open"]) == ("q1", 1)
    refused = ingested("eval", questions, "--details", details, "--no-answers")
    assert (refused.code, "--no-answers" in refused.err) == (2, True)
