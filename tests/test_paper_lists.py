"""Lists of papers: a user's own come in, known ones go out, and ideas over the years."""

import json
from pathlib import Path

import pytest

from app.assistant import Assistant
from app.contract import AnswerShape
from app.errors import BadRequest
from app.paper_lists import exported
from app.settings import Settings, load_settings
from app.web.answers import Turn
from app.web.words import words_in
from app.wiring import ingest, make_assistant
from conftest import command_over, environment
from ingest.errors import PapersError
from ingest.paper_facts import papers_by_id, shipped_papers
from ingest.papers.lists import merged, read_list

LORA, QLORA = "2106.09685", "2305.14314"
KNOWN = papers_by_id(shipped_papers())
BIBTEX = r"""% a comment
@string{iclr = "ICLR"}
@inproceedings{hu2022,
  title = {{LoRA}: Low-Rank Adaptation of Large Language Models},
  author = {Hu, Edward J. and Yelong Shen},
  year = 2022,
  eprint = "2106.09685",
}
@article{ours2024, title={A {\"U}ber Paper of Our Own, with {Braces}}, author={M{\"u}ller, Jo},
  year="2024", doi={10.1234/abc.5}, journal={arXiv preprint arXiv:2401.12345}}
@misc{web, title = {Notes on Everything}, url = {https://example.org/notes}, year = {2020}}
"""
NOTE = "# QLoRA\n\nQLoRA 把权重量化成 NF4，再训练 LoRA 适配器。FluxNet 是另一种方法。\n"


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, "utf-8")
    return file


def test_bibtex_is_read(tmp_path: Path) -> None:
    lora, ours, web = read_list(write(tmp_path, "refs.bib", BIBTEX))
    assert (lora.id, lora.title) == (LORA, KNOWN[LORA].title)
    assert lora.authors == ("Edward J. Hu", "Yelong Shen")
    assert (ours.id, ours.title) == ("2401.12345", "A Uber Paper of Our Own, with Braces")
    assert (ours.authors, ours.doi, ours.year) == (("Jo Muller",), "10.1234/abc.5", 2024)
    assert (web.id, web.url) == ("web", "https://example.org/notes")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "arxiv_id,Title,year,authors,names\n2401.12345v2,One,2024,A B; C D,FluxNet\n"),
        ("a.json", '[{"arxiv": "2401.12345", "title": "One", "year": "2024", '
                   '"authors": "A B; C D", "names": ["FluxNet"]}]'),
        ("a.jsonl", '{"arxiv_id": "arXiv:2401.12345", "title": "One", "authors": ["A B", "C D"], '
                    '"names": ["FluxNet"]}\n'),
    ],
)  # fmt: skip
def test_tables_and_json_are_read(tmp_path: Path, name: str, text: str) -> None:
    (paper,) = read_list(write(tmp_path, name, text))
    assert (paper.id, paper.title, paper.year) == ("2401.12345", "One", 2024)
    assert (paper.authors, paper.names) == (("A B", "C D"), ("FluxNet",))


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.txt", "x", "not a list of papers"),
        ("a.bib", "nothing", "no papers in it"),
        ("a.bib", "@misc{x, title = {Open", "x: a brace or quote is not closed"),
        ("a.csv", "id,name\n1,2\n", "no column title"),
        ("a.csv", "title,year\nOne,soon\n", "line 2: year 'soon' is no number"),
        ("a.csv", "arxiv_id,title\n2113.00001,One\n", "line 2: '2113.00001' is no arXiv id"),
        ("a.json", "{", "not JSON"),
        ("a.json", '{"a": 1}', "no list of papers"),
        ("a.json", '[{"title": ""}]', "paper 1"),
        ("a.jsonl", '{"title": "One", "colour": 1}', "unknown field 'colour'"),
        ("a.json", '[{"title": "One"}, {"title": "one"}]', "have one id"),
    ],
)
def test_a_wrong_list_is_told_where(tmp_path: Path, name: str, text: str, says: str) -> None:
    with pytest.raises(PapersError) as raised:
        read_list(write(tmp_path, name, text))
    assert says in str(raised.value)
    assert name in str(raised.value)


def test_a_known_paper_is_added_to_by_id_or_title(tmp_path: Path) -> None:
    text = f'[{{"id": "hu", "title": "{KNOWN[LORA].title.upper()}", "names": ["LowRank"]}}]'
    (paper,) = read_list(write(tmp_path, "a.json", text))
    joined = merged({}, paper, KNOWN)
    assert (joined.id, joined.arxiv_id) == (LORA, LORA)
    assert {"LoRA", "LowRank"} <= set(joined.names)
    assert joined.lessons == KNOWN[LORA].lessons


def test_what_is_exported_can_be_read_again(tmp_path: Path) -> None:
    papers = [KNOWN[LORA], KNOWN[QLORA], KNOWN["yu-2022-orca"], KNOWN["2305.05176"]]
    back = read_list(write(tmp_path, "a.bib", exported(papers, "bibtex")))
    assert [(p.title, p.year, p.authors) for p in back] == [
        (p.title, p.year, p.authors) for p in papers
    ]
    assert [p.arxiv_id for p in back] == [p.arxiv_id for p in papers]
    ris = exported(papers[:1], "ris").split("\r\n")
    assert ris[0] == "TY  - UNPB"
    assert f"TI  - {KNOWN[LORA].title}" in ris
    assert "ER  - " in ris
    assert exported(papers[:1], "markdown").endswith(
        f"[{KNOWN[LORA].title}](https://arxiv.org/abs/2106.09685) (2021)\n"
    )
    with pytest.raises(BadRequest, match="'endnote' is not known"):
        exported(papers, "endnote")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Settings:
    folder = tmp_path_factory.mktemp("lists")
    environment(folder / "data", models)
    settings = load_settings(data=folder / "data")
    write(folder, "qlora.md", NOTE)
    ingest(settings, [folder / "qlora.md"])
    return settings


@pytest.fixture(scope="module")
def assistant(settings: Settings) -> Assistant:
    return make_assistant(settings)


def test_an_idea_over_the_years(assistant: Assistant) -> None:
    found = assistant.lineage(QLORA, 8)
    years = [step.paper.year for step in found.steps]
    assert years == sorted(years)
    assert QLORA in {step.paper.id for step in found.steps}
    for step in found.steps:
        assert all(earlier.year <= step.paper.year for earlier, _ in step.builds_on)
        assert all(reason.text for _, reason in step.builds_on)
    (own,) = (step for step in found.steps if step.paper.id == QLORA)
    assert LORA in {earlier.id for earlier, _ in own.builds_on}


def test_an_order_to_read(assistant: Assistant) -> None:
    steps = assistant.lineage("LoRA", 8, to_read=True).steps
    place = {step.paper.id: number for number, step in enumerate(steps)}
    for step in steps:
        assert all(place[earlier.id] < place[step.paper.id] for earlier, _ in step.builds_on)


def test_papers_behind_an_answer(assistant: Assistant) -> None:
    shape = AnswerShape.of(assistant.ask("QLoRA 把权重量化成什么？"))
    assert not shape.abstained
    assert [paper.id for paper in shape.papers] == [QLORA, LORA]
    refused = AnswerShape.of(assistant.ask("明天的天气怎么样？"))
    assert refused.papers == []
    for answer, shown in ((shape, True), (refused, False)):
        markup = Turn.kept(1, answer).markup(words_in("en"))
        assert (f"/papers?paper={QLORA}" in markup) is shown
        assert ("Papers behind this answer" in markup) is shown


def test_a_list_of_ones_own_is_used_at_once(
    settings: Settings, models: Path, tmp_path: Path
) -> None:
    run = command_over(settings.data, models)
    own = write(tmp_path, "own.csv", "id,title,names\nflux,Flux Networks for All,FluxNet\n")
    assert run("papers", "import", own, "--json").json == {
        "new": ["flux"],
        "known": [],
        "alike": [],
    }
    (place,) = run("papers", "list", "flux", "--json").json["papers"][0]["documents"]
    assert "FluxNet" in place["mentions"][0]["quote"]
    assert run("papers", "import", own, "--json").json["known"] == ["flux"]
    assert "Flux Networks for All" in run("papers", "export", "--format", "markdown").out
    found = run("papers", "related", "flux for all", "-k", "3", "--json").json["papers"]
    assert "flux" in {paper["id"] for paper in found}
    timeline = run("papers", "timeline", "QLoRA", "-k", "3", "--json").json
    assert json.dumps(timeline["papers"][0])
    wrong = run("papers", "import", write(tmp_path, "x.csv", "a\n1\n"))
    assert (wrong.code, wrong.out) == (1, "")
    assert "no column title" in wrong.err
