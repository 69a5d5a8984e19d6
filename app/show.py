"""What commands print for people."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from app.contract import LineageShape, RelatedShape
from app.followups.telling import understood_as
from app.model import Answer
from app.paper_lists import Imported
from app.status import Check
from app.wiring import Update
from index.model import Hit, Why
from ingest.model import Notice, Paper
from ingest.report import Action, Outcome

if TYPE_CHECKING:
    from app.papers import PaperShape

_out = Console(soft_wrap=True, highlight=False)
_FEW = 8  # documents that are shown of a concept


def update_shape(found: Update) -> dict[str, Any]:
    """The JSON shape of an ingest."""
    report, build = found.report, found.build
    return {
        "read": report.count(Action.READ),
        "unchanged": report.count(Action.UNCHANGED),
        "removed": report.count(Action.REMOVED),
        "failed": report.count(Action.FAILED),
        "ignored": report.ignored,
        "recognized": report.recognized,
        "recognized_before": report.recognized_before,
        "files": [_outcome_shape(outcome) for outcome in report.outcomes],
        "index": None
        if build is None
        else {
            "generation": build.generation,
            "chunks": build.chunks,
            "embedded": build.embedded,
            "rebuilt": build.rebuilt,
        },
    }


def _outcome_shape(outcome: Outcome) -> dict[str, Any]:
    return {
        "document": outcome.path,
        "action": str(outcome.action),
        "reason": outcome.reason or None,
        "hint": outcome.hint or None,
        "code": outcome.code or None,
        "chunks": outcome.chunks,
        "pages": outcome.pages,
        "notices": [{"message": n.message, "pages": list(n.pages)} for n in outcome.notices],
    }


def update(found: Update, dry_run: bool) -> None:
    """Print what an ingest did, problems last."""
    report = found.report
    for outcome in sorted(report.outcomes, key=lambda outcome: outcome.path):
        if outcome.action is Action.FAILED:
            continue
        for notice in outcome.notices:
            _out.print(f"[yellow]note[/]    {escape(outcome.path)}: {escape(_noted(notice))}")
        if outcome.reason:
            _out.print(f"[yellow]note[/]    {escape(outcome.path)}: {escape(outcome.reason)}")
    for outcome in report.failures:
        hint = f" — {outcome.hint}" if outcome.hint else ""
        _out.print(f"[red]failed[/]  {escape(_named(outcome.path, outcome.reason + hint))}")
    verb = "would read" if dry_run else "read"
    _out.print(
        f"{verb} {report.count(Action.READ)}, unchanged {report.count(Action.UNCHANGED)}, "
        f"removed {report.count(Action.REMOVED)}, failed {report.count(Action.FAILED)}"
        + (f", {report.ignored} files of other kinds left alone" if report.ignored else "")
    )
    if report.recognized or report.recognized_before:
        kept = f"{report.recognized_before} kept from before"
        _out.print(f"pictures: {report.recognized} read by OCR, {kept}")
    if found.build is not None:
        state = "built" if found.build.rebuilt else "already up to date"
        _out.print(f"index {state}: {found.build.chunks} passages, {found.build.embedded} embedded")


def _noted(notice: Notice) -> str:
    pages = ", ".join(str(page) for page in notice.pages)
    return f"{notice.message} (page {pages})" if pages else notice.message


def inspection(found: dict[str, Any]) -> None:
    """Print what was read from a file, block by block, and where its pictures are."""
    for block in found["blocks"]:
        pages = "-".join(
            str(page) for page in dict.fromkeys(block["pages"][:1] + block["pages"][-1:])
        )
        origin = f"ocr {block['confidence']:.2f}" if block["origin"] == "ocr" else "text"
        level = f" {block['level']}" if block["level"] else ""
        place = f"p.{pages} " if pages else ""
        _out.print(
            f"[bold]{block['number']:>3}[/] [cyan]{place}{block['kind']}{level}[/] [dim]{origin}[/]"
        )
        _out.print(escape("\n".join(f"    {line}" for line in block["text"].split("\n"))))
    for notice in found["notices"]:
        noted = _noted(Notice("", notice["message"], tuple(notice["pages"])))
        _out.print(f"[yellow]note[/] {escape(noted)}")
    for page, path in found["pictures"].items():
        _out.print(f"page {page}: {escape(path)}")


def removed(paths: Sequence[str]) -> None:
    """Print what was forgotten."""
    for path in paths:
        _out.print(f"removed {escape(path)}")


def status(found: dict[str, Any]) -> None:
    """Print the state of the data folder."""
    _out.print(f"data folder  {escape(found['data'])}")
    states = ", ".join(f"{number} {state}" for state, number in found["states"].items() if number)
    _out.print(
        f"documents    {found['documents']} ({states or 'none'}), {found['chunks']} passages"
    )
    index = found["index"]
    if index is None:
        _out.print("index        none yet: run `coursegraph ingest`")
    elif "damaged" in index:
        _out.print(f"index        damaged: {escape(index['damaged'])}")
    else:
        _out.print(f"index        {index['generation']}, {index['chunks']} passages")
    for outline in found["outlines"]:
        missing = len(outline["missing"])
        _out.print(
            f"outline      {escape(outline['collection'])}/{escape(outline['document'])}: "
            f"{outline['entries']} entries, {missing} missing"
        )
        for target in outline["missing"]:
            _out.print(f"  missing    {escape(target)}")
    for file in found["files"]:
        _print_file(file)


def _print_file(file: dict[str, Any]) -> None:
    name = escape(file["document"])
    if file["reason"]:
        reason = escape(_named(file["document"], file["reason"]))
        _out.print(f"[yellow]{file['state']:<12}[/] {reason}")
    for notice in file["notices"]:
        noted = _noted(Notice("", notice["message"], tuple(notice["pages"])))
        _out.print(f"[yellow]note[/]         {name}: {escape(noted)}")
    for copy in file["same_content_as"]:
        _out.print(f"[yellow]copy[/]         {name}: same content as {escape(copy)}")


def _named(path: str, reason: str) -> str:
    """A reason that begins with the name of its file; many say it themselves."""
    return reason if reason.startswith((f"{path}: ", f"{path} ")) else f"{path}: {reason}"


def checks(found: Sequence[Check]) -> None:
    """Print what doctor found."""
    for check in found:
        mark = "[green]ok[/] " if check.well else "[red]bad[/]"
        hint = f" — {check.hint}" if check.hint else ""
        _out.print(f"{mark}  {check.name}: {escape(check.found + hint)}")


def hits(found: Sequence[Hit]) -> None:
    """Print passages with their places."""
    if not found:
        _out.print("nothing found")
    for hit in found:
        legs = "+".join(hit.found_by)
        _out.print(f"[bold]{hit.rank:>2}[/]  {_place(hit)}  [dim]{hit.score:.4f} {legs}[/]")
        text = " ".join(hit.chunk.text.split())
        _out.print(f"    {escape(text[:200])}{'…' if len(text) > 200 else ''}")  # noqa: PLR2004
        if hit.why is not None:
            _out.print(f"    [dim]{escape(_why(hit.why))}[/]")


def _why(why: Why) -> str:
    path = " → ".join(why.path)
    if not why.evidence:
        return path
    first = why.evidence[0]
    return f"{path}, {_paged(first.document.path, first.page)}"


def _place(hit: Hit) -> str:
    section = f" › {hit.chunk.section[-1]}" if hit.chunk.section else ""
    return f"[cyan]{escape(_paged(hit.document.path, hit.chunk.page))}[/]{escape(section)}"


def _paged(document: str, page: int | None) -> str:
    return document if page is None else f"{document} p.{page}"


def conversations(found: Sequence[dict[str, Any]]) -> None:
    """Conversations, one a line."""
    if not found:
        _out.print("none yet: `coursegraph ask QUESTION --conversation new` begins one")
    for one in found:
        day, turns = one["changed"][:10], one["turns"]
        _out.print(f"{one['id']}  {day}  {turns:>3} turns  {one['title'] or ''}", markup=False)


def answer(found: Answer) -> None:
    """Print an answer with its sources, or the refusal with what is nearest."""
    if found.resolved_question:
        line = understood_as(found.question, found.resolved_question)
        _out.print(f"[dim]{escape(line)}[/]\n")
    if found.notice:
        _out.print(f"[yellow]note[/] {escape(found.notice)}\n")
    _out.print(escape(found.text))
    _out.print()
    if found.abstained:
        hits(found.nearest)
    for citation in found.citations:
        section = f" › {citation.section[-1]}" if citation.section else ""
        _out.print(
            escape(f"[{citation.number}]")
            + f" [cyan]{escape(_paged(citation.document, citation.page))}[/]{escape(section)}"
        )
    if found.papers:
        named = "; ".join(f"{paper.title} ({paper.year or '?'})" for paper in found.papers)
        _out.print(f"\n[dim]papers behind this answer: {escape(named)}[/]")
    if found.conversation_id:
        _out.print(f"\n[dim]go on with --conversation {found.conversation_id}[/]")


def batch(done: int, out: Path | None) -> None:
    """Print what a batch did."""
    _out.print(f"{done} queries answered into {escape(str(out))}")


def concepts(found: Sequence[dict[str, Any]]) -> None:
    """Concepts, one a line."""
    for concept in found:
        names = [concept["name_zh"], concept["name_en"], *concept["aliases"]]
        _out.print(f"{concept['id']:<32} {' · '.join(filter(None, names))}", markup=False)


def concept(shape: dict[str, Any]) -> None:
    """A concept with its definition and relations."""
    names = [shape["name_zh"], shape["name_en"], *shape["aliases"]]
    _out.print(" · ".join(filter(None, names)), markup=False, style="bold")
    if shape["definition"]:
        citation = shape["definition"]["citation"]
        _out.print(f"{shape['definition']['text']}  [{_stands(citation)}]", markup=False)
    for place in shape["documents"][:_FEW]:
        pages = ", ".join(map(str, place["pages"]))
        _out.print(f"  in {place['document']}" + (f" p. {pages}" if pages else ""), markup=False)
    for relation in shape["relations"]:
        arrow = "->" if relation["direction"] == "out" else "<-"
        evidence = relation["evidence"][0]
        line = f"  {arrow} {relation['relation']} {relation['target']}  [{_stands(evidence)}]"
        _out.print(line, markup=False)


def path(shape: dict[str, Any]) -> None:
    """Steps to a concept."""
    for number, step in enumerate(shape["steps"], start=1):
        place = f"  [{_stands(step['place'])}]" if step["place"] else ""
        _out.print(f"{number}. {step['name']}{place}", markup=False)


def _stands(citation: dict[str, Any]) -> str:
    page = citation["page"]
    return f"{citation['document']} p. {page}" if page else str(citation["document"])


def papers(found: "Sequence[PaperShape]") -> None:
    """Print papers, each with the documents about it and how many cite it."""
    for paper in found:
        year = f" ({paper.year})" if paper.year else ""
        _out.print(f"[bold]{escape(paper.id)}[/] {escape(paper.title)}{year}")
        for place in paper.documents[:_FEW]:
            pages = sorted({m.page for m in place.mentions if m.page is not None})
            where = f" p. {', '.join(map(str, pages[:_FEW]))}" if pages else ""
            _out.print(f"    {place.role} {escape(place.document)}{where}")


def related(found: RelatedShape) -> None:
    """Print related papers with their reasons and the words that bear them."""
    resolved = found.resolved
    known = f" {resolved.id}" if resolved.id else ""
    _out.print(f"[dim]{resolved.kind}{escape(known)}[/] {escape(resolved.title)}\n")
    if found.hint:
        _out.print(f"{escape(found.hint)}\n")
    for paper in found.papers:
        year = f" ({paper.year})" if paper.year else ""
        _out.print(f"[bold]{paper.rank}. {escape(paper.title)}[/]{year} {escape(paper.url or '')}")
        _out.print(f"    [dim]{paper.group.replace('_', ' ')}[/]")
        for reason in paper.reasons:
            _out.print(f"    {escape(reason.text)}")
            for quote in reason.evidence[:1]:
                page = f" p. {quote.page}" if quote.page is not None else ""
                words = escape(" ".join(quote.quote.split()))
                _out.print(f"        [dim]{words} — {escape(quote.document)}{page}[/]")


def lineage(found: LineageShape) -> None:
    """Print papers in their order, each with what it builds on."""
    for place, paper in enumerate(found.papers, start=1):
        year = paper.year or "?"
        _out.print(f"{place}. [bold]{year}[/] {escape(paper.title)} {escape(paper.url or '')}")
        for earlier in paper.builds_on:
            reason = escape(earlier.reason.text)
            _out.print(f"    builds on {escape(earlier.title)} [dim]({reason})[/]")


def imported(done: Imported) -> None:
    """Print what an import did, and pairs of titles that a person should look at."""
    _out.print(f"{len(done.new)} new papers, {len(done.known)} that add to known ones")
    for one, other in done.alike:
        _out.print(
            f"[yellow]alike[/]  {escape(one.id)} and {escape(other.id)}: {escape(one.title)}"
        )


def fetched(found: Sequence[Paper]) -> None:
    """Print papers of the network."""
    for paper in found:
        _out.print(f"[bold]{escape(paper.id)}[/] {escape(paper.title)} ({paper.year or '?'})")
    if not found:
        _out.print("nothing was found")
