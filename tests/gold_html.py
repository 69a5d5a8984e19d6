"""Gold pages that a browser prints, as note apps do: HTML with a style like theirs."""

# As the editors do it: each formula is inline-block in a positioned box, so that its glyphs are
# drawn after the paragraph that they stand in; scripts and fractions are stacked in zero-height
# boxes that are moved up and down.
STYLE = """
@page { size: A4; margin: 18mm 20mm }
body { font: 15px/1.6 "Noto Sans CJK SC", sans-serif; margin: 0; color: #333 }
section { break-after: page }
h1 { font-size: 28px; border-bottom: 1px solid #eee; margin: 0 0 14px }
h2 { font-size: 22px; margin: 18px 0 10px } h3 { font-size: 18px; margin: 14px 0 8px }
p { margin: 10px 0 } ul, ol { margin: 8px 0; padding-left: 28px }
blockquote { border-left: 4px solid #dfe2e5; margin: 12px 0; padding: 0 15px; color: #777 }
pre, code { font-family: "Noto Sans Mono CJK SC", monospace; font-size: 13px }
pre { background: #f8f8f8; border: 1px solid #e7eaed; border-radius: 3px; padding: 8px 10px;
      margin: 12px 0; line-height: 1.5; display: flex; gap: 14px }
pre .numbers { color: #999; text-align: right } .keyword { color: #708 } .comment { color: #a50 }
.callout { background: #e8f4fd; border-radius: 10px; padding: 12px 18px; margin: 14px 0 }
.callout p { margin: 4px 0 }
.callout .title { color: #1677ff; font-weight: bold; margin: 0 0 6px }
.callout.warm { background: #fff4e5 } .callout.warm .title { color: #d9730d }
table { border-collapse: collapse; margin: 14px 0 } th, td { padding: 6px 14px; text-align: left }
.ruled th, .ruled td { border: 1px solid #bbb } .ruled th { background: #f2f2f2 }
.booktabs { border-top: 2px solid #222; border-bottom: 2px solid #222 }
.booktabs thead th { border-bottom: 1px solid #222; font-weight: normal }
.caption { font-size: 13px; text-align: center; margin: 6px 0 14px }
.notes { border-top: 1px solid #bbb; width: 60%; margin-top: 560px; font-size: 12px }
sup { font-size: 10px } a { color: #4183c4 }
.display { display: block; text-align: center; margin: 24px 0 }
.formula { font: 17px/1.2 "Noto Serif CJK SC", serif; white-space: nowrap }
.base { position: relative; display: inline-block; width: min-content }
.base + .base { margin-left: 0.28em }
.strut { display: inline-block }
.stack { display: inline-table; border-collapse: collapse; vertical-align: baseline }
.stack > .row { display: table-row }
.stack > .row > .cell { display: table-cell; vertical-align: bottom; position: relative }
.cell > span { display: block; height: 0; position: relative; text-align: center }
.cell > span > span { display: inline-block } .cell > span > span:last-child { width: 100% }
.cell .prop { overflow: hidden; width: 0; height: 3em }
.large { font-size: 140% } .over { border-top: 1px solid } .small { font-size: 70% }
.line { display: block; border-bottom: 1px solid }
"""


def _stack(height: float, *places: tuple[float, str]) -> str:
    """Pieces moved up (in em) from the baseline, one above the other."""
    moved = "".join(
        f'<span style="top:{-3 - up}em"><span class="prop"></span><span>{piece}</span></span>'
        for up, piece in places
    )
    cell = f'<span class="cell" style="height:{height}em">{moved}</span>'
    return f'<span class="stack"><span class="row">{cell}</span></span>'


def script(base: str, below: str = "", above: str = "") -> str:
    """A base with a subscript or superscript."""
    parts = [(-0.15, below)] * bool(below) + [(0.41, above)] * bool(above)
    small = [(up, f'<span class="small">{piece}</span>') for up, piece in parts]
    return f"{base}{_stack(0.8, *small)}"


def fraction(above: str, below: str) -> str:
    """A fraction with its line."""
    line = '<span class="line"></span>'
    return _stack(1.3, (-0.69, below), (0.23, line), (0.68, above))


def limits(sign: str, below: str, above: str) -> str:
    """A large operator with its limits below and above."""
    small = [
        (-1.15, f'<span class="small">{below}</span>'),
        (1.15, f'<span class="small">{above}</span>'),
    ]
    return _stack(1.6, small[0], (-0.05, f'<span class="large">{sign}</span>'), small[1])


def root(inside: str) -> str:
    """A square root: its sign, and a line over what stands inside."""
    return f'√<span class="over">{inside}</span>'


def formula(*parts: str, display: bool = False) -> str:
    """A formula: each part is a box of its own, as at every relation and operator."""
    strut = '<span class="strut" style="height:1em;vertical-align:-0.25em"></span>'
    bases = "".join(f'<span class="base">{strut}{part}</span>' for part in parts)
    return f'<span class="formula{" display" * display}">{bases}</span>'


def code(lines: list[str]) -> str:
    """A box of code with line numbers."""
    numbers = "\n".join(str(number) for number in range(1, len(lines) + 1))
    text = "\n".join(lines)
    return f'<pre><span class="numbers">{numbers}</span><span>{text}</span></pre>'


def table(style: str, rows: tuple[tuple[str, ...], ...]) -> str:
    """A table whose first row is its head."""

    def cells(tag: str, row: tuple[str, ...]) -> str:
        return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in row) + "</tr>"

    body = "".join(cells("td", row) for row in rows[1:])
    head = f"<thead>{cells('th', rows[0])}</thead>"
    return f'<table class="{style}">{head}<tbody>{body}</tbody></table>'
