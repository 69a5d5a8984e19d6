"""Retrieval figures against values worked out by hand, comparisons, and the command."""

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from app.errors import BadRequest
from app.evaluating import parts_named
from app.evaluation import GoldQuestion, compare, judge_run, read_questions, read_run, trec_lines
from app.metrics import differences, intervals, rank_values
from index.settings import Part

Command = Callable[..., Any]
A, B, C = ("a.pdf", 1), ("b.pdf", 2), ("c.md", None)


def values(pages: set[Any], hits: Sequence[set[Any]], every_page: bool = False) -> dict[str, float]:
    return rank_values(frozenset(pages), every_page, hits)


def test_one_page_is_enough() -> None:
    found = values({A, B}, [{C}, {A}, {B}])
    assert (found["hit@1"], found["hit@3"], found["MRR@10"]) == (0, 1, 0.5)
    assert found["nDCG@10"] == pytest.approx(1 / math.log2(3))  # the second page adds nothing
    assert "all@5" not in found


def test_every_page_is_needed() -> None:
    found = values({A, B}, [{A}, {A}, {C}, {C}, {C}, {B}], every_page=True)
    assert (found["hit@5"], found["hit@10"], found["all@5"], found["all@10"]) == (0.5, 1, 0, 1)
    ideal = 1 + 1 / math.log2(3)
    assert found["nDCG@10"] == pytest.approx((1 + 1 / math.log2(7)) / ideal)


def test_a_hit_over_two_pages_holds_both() -> None:
    assert values({A, B}, [{A, B}], every_page=True)["all@5"] == 1
    assert values({A}, []) == {
        "hit@1": 0, "hit@3": 0, "hit@5": 0, "hit@10": 0, "MRR@10": 0, "nDCG@10": 0,
    }  # fmt: skip


def test_intervals_hold_the_mean_and_repeat() -> None:
    rows = [values({A}, [{A}]) for _ in range(6)] + [values({A}, [{B}]) for _ in range(4)]
    low, high = intervals(rows)["hit@5"]
    assert low < 0.6 < high
    assert intervals(rows) == intervals(rows)
    same = [values({A}, [{A}])] * 5
    assert intervals(same)["MRR@10"] == (1, 1)


def test_differences_are_paired() -> None:
    good, bad = values({A}, [{A}]), values({A}, [{B}, {A}])
    mean, low, high = differences([good, good], [bad, bad])["MRR@10"]
    assert (mean, low, high) == (0.5, 0.5, 0.5)


QUESTIONS = (
    GoldQuestion("q1", "fact", "?", frozenset({A}), "zh"),
    GoldQuestion("q2", "fact", "?", frozenset({C}), "en"),
    GoldQuestion("q3", "unanswerable", "?", frozenset(), "zh"),
)


def hit(place: tuple[str, int | None], score: float = 1.0) -> dict[str, Any]:
    pages = [] if place[1] is None else [place[1]]
    return {"document": place[0], "page": place[1], "pages": pages, "score": score}


def test_runs_are_judged_by_type_and_language() -> None:
    run = {"q1": [hit(A)], "q2": [hit(B), hit(C)]}
    figures = judge_run(QUESTIONS, run)
    assert figures["retrieval"]["fact"] == figures["retrieval"]["all"]
    assert figures["retrieval"]["all"]["MRR@10"] == 0.75
    assert figures["languages"]["en"]["hit@1"] == 0
    other = {"q1": [hit(B)], "q2": [hit(C)]}
    gain = compare(QUESTIONS, run, other)["all"]
    assert gain["hit@5"][0] == 0.5
    assert list(trec_lines(run, "x"))[1] == "q2 Q0 b.pdf#2 1 1.000000 x\n"


def test_a_run_that_lacks_something_says_what(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="lacks question 'q2'"):
        judge_run(QUESTIONS, {"q1": []})
    with pytest.raises(BadRequest, match="'document'"):
        judge_run(QUESTIONS, {"q1": [{"page": 1}], "q2": []})
    bad = tmp_path / "run.jsonl"
    bad.write_text('{"id": "q1"}\n')
    with pytest.raises(BadRequest, match="lacks 'hits'"):
        read_run(bad)
    bad.write_text('{"id": "q1", "type": "fact"}\n')
    with pytest.raises(BadRequest, match="'q1' lacks 'question'"):
        read_questions(bad)


def test_parts_have_names() -> None:
    assert parts_named("graph, rerank") == (Part.GRAPH, Part.RERANK)
    assert parts_named(None) == ()
    with pytest.raises(BadRequest, match="magic") as raised:
        parts_named("magic")
    assert "second-encoder" in raised.value.hint


def test_the_command_compares_and_ablates(
    coursegraph: Command, course: Path, tmp_path: Path
) -> None:
    assert coursegraph("ingest", course).code == 0
    questions, run, trec = (tmp_path / name for name in ("q.jsonl", "run.jsonl", "run.trec"))
    gold = {"doc": "kv cache.md", "page": None}
    line = {"id": "q1", "type": "en", "lang": "en", "question": "What does the KV cache store?"}
    questions.write_text(json.dumps({**line, "evidence": [gold]}) + "\n")
    assert coursegraph("search", "--queries", questions, "--out", run).code == 0
    done = coursegraph(
        "eval", questions, "--run", run, "--against", run, "--ablate", "graph,rerank",
        "--trec", trec, "--json",
    )  # fmt: skip
    figures = done.json
    assert figures["retrieval"]["en"]["hit@1"] == 1
    assert figures["gain over run.jsonl"]["all"]["hit@5"] == [0, 0, 0]
    assert {"gain by graph", "gain by rerank"} <= set(figures)
    assert "citations" not in figures
    assert trec.read_text("utf-8").startswith("q1 Q0 kv_cache.md#None 1 ")
    assert coursegraph("eval", questions, "--ablate", "magic").code == 1
