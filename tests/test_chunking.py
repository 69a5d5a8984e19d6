"""Blocks to sections and chunks."""

from ingest.chunking import boxes_of, make_chunks
from ingest.model import Block, BlockKind, Box, Chunk, Span
from ingest.sections import split_sections
from ingest.text import length, sentences

LIMIT = 100


def heading(text: str, level: int) -> Block:
    return Block(BlockKind.HEADING, text, level)


def paragraph(text: str, page: int | None = None) -> Block:
    spans = (Span(0, len(text), Box(page, 10, 20, 30, 40)),) if page else ()
    return Block(BlockKind.PARAGRAPH, text, spans=spans)


def chunks_of(*blocks: Block, document: str = "d-1") -> list[Chunk]:
    return make_chunks(document, split_sections(document, blocks), LIMIT)


PROSE = "这一段话足够长，所以它自己就能成为一个独立的段落，不会被并入旁边的小节。" * 2


def test_chunks_carry_the_path_of_headings() -> None:
    chunks = chunks_of(
        heading("第一章", 1),
        paragraph(PROSE),
        heading("定义", 2),
        paragraph(PROSE + "甲"),
        heading("第二章", 1),
        paragraph(PROSE + "乙"),
    )
    assert [chunk.section for chunk in chunks] == [("第一章",), ("第一章", "定义"), ("第二章",)]


def test_no_chunk_crosses_a_heading_between_long_sections() -> None:
    chunks = chunks_of(
        heading("一", 1), paragraph(PROSE), heading("二", 1), paragraph(PROSE + "丙")
    )
    assert all(chunk.text in (PROSE, PROSE + "丙") for chunk in chunks)


def test_a_tiny_section_joins_its_sibling_and_keeps_its_heading() -> None:
    chunks = chunks_of(heading("一", 1), paragraph("短。"), heading("二", 1), paragraph("也短。"))
    assert [chunk.text for chunk in chunks] == ["短。\n\n二\n\n也短。"]


def test_a_bare_heading_is_kept_as_text_only_where_no_path_names_it() -> None:
    assert [c.text for c in chunks_of(heading("只有标题", 1))] == ["只有标题"]
    below = chunks_of(heading("上", 1), heading("下", 2), paragraph(PROSE))
    assert [(c.section, c.text) for c in below] == [(("上", "下"), PROSE)]


def test_list_items_are_sentences_of_their_own() -> None:
    line = "item {} has no full stop, but is long enough to look like a wrapped line"
    items = [Block(BlockKind.LIST_ITEM, line.format(number)) for number in "ab"]
    (chunk,) = chunks_of(*items)
    assert [chunk.text[a:b] for a, b in sentences(chunk.text)] == [item.text for item in items]


def test_code_and_tables_stay_whole_up_to_twice_a_chunk() -> None:
    code = Block(BlockKind.CODE, "\n".join(f"line_{n} = {n}" for n in range(40)))
    assert LIMIT < length(code.text) < 2 * LIMIT
    assert [c.text for c in chunks_of(paragraph(PROSE), code)] == [PROSE, code.text]


def test_what_is_longer_is_cut_between_lines_or_sentences_and_nothing_is_lost() -> None:
    code = Block(BlockKind.CODE, "\n".join(f"some_long_name_{n} = compute({n})" for n in range(90)))
    prose = paragraph("这是一句话，说明一件事情。" * 60)
    chunks = chunks_of(code, prose)
    lines = {line for chunk in chunks for line in chunk.text.split("\n")}
    assert set(code.text.split("\n")) <= lines
    assert "".join("".join(c.text for c in chunks).split()) == "".join(
        (code.text + prose.text).split()
    )
    assert all(length(chunk.text) <= 2 * LIMIT for chunk in chunks)


def test_one_endless_sentence_is_cut_too() -> None:
    endless = paragraph("字" * 1000)
    chunks = chunks_of(endless)
    assert max(length(chunk.text) for chunk in chunks) <= LIMIT
    assert "".join(chunk.text for chunk in chunks) == endless.text


def test_spans_follow_the_text() -> None:
    text = "第一句话在这里。" * 20
    half = len(text) // 2
    spans = (Span(0, half, Box(1, 0, 0, 9, 9)), Span(half, len(text), Box(2, 0, 0, 9, 9)))
    chunks = chunks_of(Block(BlockKind.PARAGRAPH, text, spans=spans))
    assert len(chunks) > 1
    assert chunks[0].pages == (1, 2)
    assert chunks[-1].pages == (2,)
    for chunk in chunks:
        assert chunk.spans[0].start == 0
        assert chunk.spans[-1].end == len(chunk.text)


def test_boxes_of_a_quote_are_those_of_its_lines() -> None:
    one, two = Box(1, 0, 0, 50, 10), Box(1, 0, 12, 50, 22)
    spans = (Span(0, 5, one), Span(5, 9, two))
    assert boxes_of(spans, 6, 8) == (two,)
    assert boxes_of(spans, 0, 9) == (one, two)


def test_a_chunk_keeps_its_id_when_the_document_changes_elsewhere() -> None:
    before = chunks_of(
        heading("一", 1), paragraph(PROSE), heading("二", 1), paragraph(PROSE + "丁")
    )
    after = chunks_of(
        heading("零", 1),
        paragraph(PROSE + "新"),
        heading("一", 1),
        paragraph(PROSE),
        heading("二", 1),
        paragraph(PROSE + "丁"),
    )
    assert {chunk.id for chunk in before} < {chunk.id for chunk in after}


def test_equal_text_in_two_places_gets_two_ids() -> None:
    chunks = chunks_of(heading("一", 1), paragraph(PROSE), heading("一", 1), paragraph(PROSE))
    assert len({chunk.id for chunk in chunks}) == len(chunks) == 2
    assert chunks[0].id != chunks_of(heading("一", 1), paragraph(PROSE), document="d-2")[0].id
