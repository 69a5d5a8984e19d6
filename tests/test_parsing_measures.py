"""The measures of parsing: what they count, and what they leave out."""

import pytest

from benchmarks.markup import Reading, comparable, read_markdown
from benchmarks.reference_sets import passes
from benchmarks.similarity import best_tables, cell_f1, order, positions, similarity

TABLE = (("a", "b"), ("1", "2"), ("3", "4"))


def test_white_space_and_encoding_do_not_count() -> None:
    assert similarity("大模型 的\nＫＶ cache", "大模型的KV cache") == 1.0
    assert similarity("abcd", "abce") == 0.75
    assert similarity("", "") == 1.0


def test_cells_count_in_their_places_only() -> None:
    assert cell_f1(TABLE, TABLE) == 1.0
    assert cell_f1(TABLE, (("b", "a"), ("1", "2"), ("3", "4"))) == pytest.approx(4 / 6)
    assert cell_f1(TABLE, ()) == 0.0


def test_a_missing_row_costs_little_between_neighbours() -> None:
    shifted = (("x", "y"), *TABLE)
    assert best_tables([TABLE], [(), shifted]) == pytest.approx(2 * 7 / (7 + 10))
    assert best_tables([TABLE], []) == 0.0


def test_order_counts_pairs() -> None:
    assert order([0, 10, 20]) == (1.0, 1.0)
    assert order([20, 10, 0]) == (-1.0, 0.0)
    assert order([10, 0, 20, None]) == (pytest.approx(1 / 3), 0.5)
    assert order([]) == (1.0, 1.0)


def test_blocks_stand_where_their_own_words_stand() -> None:
    first, second = "the first paragraph of all", "another one that follows it"
    text = "".join(f"{second} {first}".split())
    assert positions([first, second, "not there at all"], text) == [
        pytest.approx(30, abs=9), pytest.approx(6, abs=9), None,
    ]  # fmt: skip


def test_reference_markdown_is_read_into_blocks_and_tables() -> None:
    text = (
        "# Title\n\nSome *text* with \\(\\alpha_{i}\\).\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n"
        "\\begin{table}\n\\begin{tabular}{c|c}\n\\hline\nx & \\(y^{2}\\) \\\\\n\\hline\n"
        "1 & 2 \\\\\n\\end{tabular}\n\nTable 1: numbers.\n\\end{table}\n"
    )
    found = read_markdown(text)
    assert found.blocks[:2] == ("Title", "Some text with α_{i}.")
    assert found.tables == ((("a", "b"), ("1", "2")), (("x", "y^{2}"), ("1", "2")))
    assert found.blocks[-1] == "Table 1: numbers."


def test_numbers_of_lists_are_text() -> None:
    assert read_markdown("3. third\n4. fourth\n\n- bullet").blocks == (
        "3. third", "4. fourth", "bullet",
    )  # fmt: skip


def test_formulas_compare_by_what_they_print() -> None:
    assert comparable(r"\frac{\pi_{\theta}}{2}") == comparable("π_θ2")


def test_unit_tests_of_the_reference_set() -> None:
    reading = Reading(("Alpha comes first.", "Then “beta”."), (TABLE,))
    assert passes({"type": "present", "text": 'Then "beta".'}, reading)
    assert passes({"type": "present", "text": "Alpha come first.", "max_diffs": 1}, reading)
    assert not passes({"type": "absent", "text": "beta"}, reading)
    assert passes({"type": "absent", "text": "Alpha", "last_n": 6}, reading)
    assert passes({"type": "order", "before": "Alpha", "after": "beta"}, reading)
    assert not passes({"type": "order", "before": "beta", "after": "Alpha"}, reading)
    assert passes({"type": "table", "cell": "3", "up": "1", "right": "4"}, reading)
    assert passes({"type": "table", "cell": "4", "top_heading": "b", "left": "3"}, reading)
    assert not passes({"type": "table", "cell": "4", "left": "1"}, reading)
