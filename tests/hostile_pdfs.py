"""Hostile PDFs, made byte by byte: what a parser may choke on, none larger than a few megabytes."""

import zlib
from collections.abc import Callable, Mapping
from io import BytesIO

import pymupdf

TEXT = b"BT /F1 12 Tf 72 720 Td (The hostile page says %s) Tj ET\n"
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
RESOURCES = b"/Resources<</Font<</F1 5 0 R>>%s>>"
# What every raw file below may leave out: one page that prints one line.
CATALOG_AT, PAGES_AT, PAGE_AT, CONTENT_AT, FONT_AT, FREE = 1, 2, 3, 4, 5, 6


def stream(data: bytes, entries: bytes = b"", *, packed: bool = False) -> bytes:
    """A stream object."""
    if packed:
        data, entries = zlib.compress(data, 1), entries + b"/Filter/FlateDecode"
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(data), data)


def page(extra: bytes = b"", resources: bytes = b"", box: bytes = b"0 0 612 792") -> bytes:
    return b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents 4 0 R%s%s>>" % (
        box,
        RESOURCES % resources,
        extra,
    )


def raw(objects: Mapping[int, bytes], trailer: bytes = b"", name: str = "no more") -> bytes:
    """A file of these objects over those of a plain page, with a right cross-reference table."""
    content = stream(TEXT % name.encode())
    defaults = {1: CATALOG, 2: PAGES, 3: page(), CONTENT_AT: content, FONT_AT: FONT}
    out = BytesIO()
    out.write(b"%PDF-1.7\n")
    places: dict[int, int] = {}
    for number, body in sorted({**defaults, **objects}.items()):
        places[number] = out.tell()
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start, size = out.tell(), max(places) + 1
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % size)
    for number in range(1, size):
        place = places.get(number)
        out.write(b"0000000000 00000 f \n" if place is None else b"%010d 00000 n \n" % place)
    out.write(
        b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, start)
    )
    return out.getvalue()


# Nesting and cycles


def deep_page_tree() -> bytes:
    depth = 4_000
    tree = {
        PAGES_AT + (0 if level == 0 else FREE + level): b"<</Type/Pages/Count 1/Kids[%d 0 R]>>"
        % (PAGE_AT if level == depth else PAGES_AT + FREE + level + 1)
        for level in range(depth + 1)
    }
    return raw(tree)


def deep_arrays() -> bytes:
    depth = 200_000
    return raw({PAGE_AT: page(b"/Deep " + b"[" * depth + b"]" * depth)})


def deep_dictionaries() -> bytes:
    depth = 100_000
    return raw({PAGE_AT: page(b"/Deep " + b"<</D " * depth + b"0" + b">>" * depth)})


def page_tree_loop() -> bytes:
    return raw({PAGES_AT: b"<</Type/Pages/Kids[3 0 R 2 0 R]/Count 2/Parent 2 0 R>>"})


def page_tree_of_one_page_many_times() -> bytes:
    return raw({PAGES_AT: b"<</Type/Pages/Count 100000/Kids[%s]>>" % (b"3 0 R " * 100_000)})


def page_count_that_lies() -> bytes:
    return raw({PAGES_AT: b"<</Type/Pages/Kids[3 0 R]/Count 2147483647>>"})


def form(content: bytes, resources: bytes) -> bytes:
    return stream(content, b"/Type/XObject/Subtype/Form/BBox[0 0 612 792]/Resources" + resources)


def forms_that_call_each_other() -> bytes:
    names = b"<</Font<</F1 5 0 R>>/XObject<</A 6 0 R/B 7 0 R>>>>"
    return raw(
        {
            PAGE_AT: page(resources=b"/XObject<</A 6 0 R>>"),
            CONTENT_AT: stream(TEXT % b"a and b" + b"/A Do"),
            6: form(b"/B Do /B Do " + TEXT % b"a", names),
            7: form(b"/A Do /A Do " + TEXT % b"b", names),
        }
    )


def forms_that_double() -> bytes:
    """Each form draws the next one twice: 2 ** 40 lines of text."""
    depth = 40
    forms = {
        FREE + level: form(
            b"/X Do /X Do" if level < depth else TEXT % b"again",
            b"<</Font<</F1 5 0 R>>/XObject<</X %d 0 R>>>>" % (FREE + level + 1),
        )
        for level in range(depth + 1)
    }
    content = stream(TEXT % b"once" + b"/X Do")
    return raw({PAGE_AT: page(resources=b"/XObject<</X 6 0 R>>"), CONTENT_AT: content, **forms})


def glyphs_that_draw_themselves() -> bytes:
    font = (
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 1000 1000]/FontMatrix[.001 0 0 .001 0 0]"
        b"/CharProcs<</a 7 0 R>>/Encoding<</Differences[97/a]>>/FirstChar 97/LastChar 97"
        b"/Widths[1000]/Resources<</Font<</T 6 0 R>>>>>>"
    )
    content = TEXT % b"itself" + b"BT /T 40 Tf 72 600 Td (aaaa) Tj ET"
    return raw(
        {
            PAGE_AT: page(resources=b"/Font<</F1 5 0 R/T 6 0 R>>"),
            CONTENT_AT: stream(content),
            6: font,
            7: stream(b"1000 0 d0 BT /T 900 Tf (aa) Tj ET"),
        }
    )


def outline_item(number: int, after: int, entries: bytes = b"") -> bytes:
    return b"<</Title(Entry %d)/Parent 6 0 R/Dest[3 0 R/Fit]/Next %d 0 R%s>>" % (
        number,
        after,
        entries,
    )


def outline_loop() -> bytes:
    return raw(
        {
            CATALOG_AT: b"<</Type/Catalog/Pages 2 0 R/Outlines 6 0 R>>",
            6: b"<</Type/Outlines/First 7 0 R/Last 8 0 R/Count 2>>",
            7: outline_item(7, 8, b"/First 7 0 R/Last 8 0 R"),
            8: outline_item(8, 7),
        }
    )


def deep_outline() -> bytes:
    depth = 20_000
    items = {
        7 + level: b"<</Title(L)/Parent %d 0 R/Dest[3 0 R/Fit]/First %d 0 R/Last %d 0 R/Count 1>>"
        % (6 + level, 8 + level, 8 + level)
        for level in range(depth)
    }
    return raw(
        {
            CATALOG_AT: b"<</Type/Catalog/Pages 2 0 R/Outlines 6 0 R>>",
            6: b"<</Type/Outlines/First 7 0 R/Last 7 0 R/Count 1>>",
            **items,
        }
    )


# Sizes


def huge_page() -> bytes:
    """The largest page that most viewers show: 200 inches a side."""
    far = b"BT /F1 12 Tf 14000 %d Td (The far corner says so) Tj ET\n"
    content = TEXT % b"large" + b"".join(far % (14000 - 20 * line) for line in range(100))
    return raw({PAGE_AT: page(box=b"0 0 14400 14400"), CONTENT_AT: stream(content)})


def page_beyond_all_bounds() -> bytes:
    content = TEXT % b"infinite" + b"1e30 0 0 1e30 1e30 -1e30 cm " + TEXT % b"beyond"
    box = b"-1e38 -1e38 1e38 1e38"
    return raw({PAGE_AT: page(b"/UserUnit 1e9", box=box), CONTENT_AT: stream(content)})


def text_of_impossible_sizes() -> bytes:
    line = b"BT /%s %s Tf %s 0 0 %s %s 300 Tm (size) Tj ET\n"
    sizes = [b"0", b"1e-30", b"1e38", b"-12", b"99999999999999999999", b"12"]
    drawn = [
        line % (font, size, scale, scale, place)
        for font in (b"F1", b"C")
        for size in sizes
        for scale in sizes
        for place in sizes
    ]
    return raw(
        {
            PAGE_AT: page().replace(b"/F1 5 0 R", b"/F1 5 0 R/C 6 0 R"),
            CONTENT_AT: stream(TEXT % b"impossible" + b"".join(drawn)),
            6: FONT.replace(b"Helvetica", b"Courier"),
        }
    )


def code_of_no_size() -> bytes:
    lines = [
        b"BT /F1 %s Tf 1 0 0 1 %s %d Tm (x = %d) Tj ET\n" % (size, place, 700 - 9 * number, number)
        for number, (size, place) in enumerate(
            [(b"9", b"72"), (b"0", b"90"), (b"1e-30", b"600"), (b"9", b"1e30"), (b"9", b"-1e30")]
            * 3
        )
    ]
    code = FONT.replace(b"Helvetica", b"Courier")
    return raw({CONTENT_AT: stream(TEXT % b"code" + b"".join(lines)), FONT_AT: code})


def million_glyphs() -> bytes:
    line = b"1 0 0 1 %d %d Tm (" + b"glyphs and more " * 50 + b") Tj\n"
    lines = [line % (number % 500, number * 7 % 790) for number in range(1250)]
    return raw({CONTENT_AT: stream(b"BT /F1 6 Tf " + b"".join(lines) + b"ET", packed=True)})


def many_drawings() -> bytes:
    dots = b"".join(b"%d %d 1 1 re f\n" % (n % 40 * 15, n // 40 * 30) for n in range(1000))
    return raw({CONTENT_AT: stream(TEXT % b"dots" + dots * 300, packed=True)})


def grid_of_rules() -> bytes:
    """1,500 lines across 1,500 others: over two million cells."""
    across = b"".join(b"0 %.2f m 612 %.2f l S\n" % (n / 2, n / 2) for n in range(1500))
    down = b"".join(b"%.2f 0 m %.2f 792 l S\n" % (n / 2.5, n / 2.5) for n in range(1500))
    return raw({CONTENT_AT: stream(TEXT % b"grid" + b"0.1 w " + across + down, packed=True)})


def drawings_and_words() -> bytes:
    """10,000 rules and as many words, scattered."""
    parts = [
        b"%d %d 30 .5 re f BT /F1 4 Tf %d %d Td (word) Tj ET\n"
        % (n * 37 % 600, n * 59 % 790, n * 37 % 600, n * 59 % 790 + 2)
        for n in range(10_000)
    ]
    return raw({CONTENT_AT: stream(b"".join(parts), packed=True)})


def many_annotations() -> bytes:
    link = (
        b"<</Type/Annot/Subtype/Link/Rect[%d %d %d %d]/Border[0 0 0]"
        b"/A<</S/URI/URI(https://example.org/%d)>>>>"
    )
    notes = {
        FREE + n: link % (n % 600, n // 15, n % 600 + 9, n // 15 + 9, n) for n in range(10_000)
    }
    names = b" ".join(b"%d 0 R" % number for number in notes)
    return raw({PAGE_AT: page(b"/Annots[%s]" % names), **notes})


def many_objects() -> bytes:
    return raw({FREE + number: b"<</Useless %d>>" % number for number in range(20_000)})


def many_fonts() -> bytes:
    count = 2_000
    fonts = {FREE + n: FONT for n in range(count)}
    names = b"/Font<</F1 5 0 R %s>>" % b" ".join(
        b"/G%d %d 0 R" % (n, FREE + n) for n in range(count)
    )
    lines = [
        b"BT /G%d 2 Tf %d %d Td (word%d) Tj ET\n" % (n, n % 4 * 150 + 9, n // 4 + 9, n)
        for n in range(count)
    ]
    bare = page().replace(RESOURCES % b"", b"/Resources<<%s>>" % names)
    return raw({PAGE_AT: bare, CONTENT_AT: stream(b"".join(lines)), **fonts})


def many_pages() -> bytes:
    count = 3_001
    pages = {FREE + n: page() for n in range(count)}
    kids = b" ".join(b"%d 0 R" % number for number in pages)
    return raw({PAGES_AT: b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, kids), **pages})


# Bombs


def bomb(megabytes: int) -> bytes:
    """So many megabytes of blanks, packed twice; two passes make a kilobyte of each gigabyte."""
    packer = zlib.compressobj(9)
    first = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    # After a full flush the same input gives the same bytes again.
    again = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return zlib.compress(first + again * (megabytes - 1) + packer.flush(), 9)


TWICE = b"/Filter[/FlateDecode/FlateDecode]"


def stream_bomb() -> bytes:
    """A content stream of 16 GB."""
    packed = bomb(16 << 10)
    return raw(
        {CONTENT_AT: b"<<%s/Length %d>>stream\n%s\nendstream" % (TWICE, len(packed), packed)}
    )


def picture_bomb() -> bytes:
    """A picture of 100,000 × 100,000 pixels, 30 GB, in some kilobytes."""
    data = bomb(28_610)
    entries = (
        b"/Type/XObject/Subtype/Image/Width 100000/Height 100000/BitsPerComponent 8"
        b"/ColorSpace/DeviceRGB" + TWICE
    )
    return raw(
        {
            PAGE_AT: page(resources=b"/XObject<</I 6 0 R>>"),
            CONTENT_AT: stream(b"q 612 0 0 792 0 0 cm /I Do Q"),
            6: b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(data), data),
        }
    )


def chain_of_filters() -> bytes:
    """A content stream that says it was packed 100,000 times."""
    filters = b"/Filter[%s]" % (b"/ASCIIHexDecode" * 100_000)
    return raw({CONTENT_AT: stream(b"20>", filters)})


def map_bomb() -> bytes:
    """A font whose map to Unicode has a million entries, half of them no characters."""
    lines = b"".join(b"<%04X><%04X>\n" % (n % 65536, n * 7 % 65536) for n in range(20_000))
    cmap = b"begincmap 1 begincodespacerange<0000><FFFF>endcodespacerange\n"
    cmap += (b"100 beginbfchar\n" + lines + b"endbfchar\n") * 50
    font = FONT.replace(b">>", b"/ToUnicode 6 0 R>>")
    return raw({FONT_AT: font, 6: stream(cmap + b"endcmap", packed=True)})


def halves_of_characters() -> bytes:
    """A map to Unicode, a title, a bookmark and a link that hold lone surrogates and NULs."""
    cmap = (
        b"begincmap 1 begincodespacerange<00><FF>endcodespacerange 3 beginbfchar\n"
        b"<54><D800>\n<68><DC00D800>\n<65><0000>\nendbfchar endcmap"
    )
    half = b"<FEFF0041D8000042DC000000>"
    link = b"<</Type/Annot/Subtype/Link/Rect[70 700 300 740]/A<</S/URI/URI%s>>>>" % half
    return raw(
        {
            CATALOG_AT: b"<</Type/Catalog/Pages 2 0 R/Outlines 7 0 R>>",
            PAGE_AT: page(b"/Annots[%s]" % link),
            FONT_AT: FONT.replace(b">>", b"/ToUnicode 6 0 R>>"),
            6: stream(cmap),
            7: b"<</Type/Outlines/First 8 0 R/Last 8 0 R/Count 1>>",
            8: b"<</Title%s/Parent 7 0 R/Dest[3 0 R/Fit]>>" % half,
            9: b"<</Title%s/Author%s>>" % (half, half),
        },
        trailer=b"/Info 9 0 R",
    )


# Damage


def cross_references_that_lie() -> bytes:
    data = raw({})
    start = data.index(b"xref\n")
    return data[:start] + data[start:].replace(b"00000 n", b"00007 n").replace(
        b"00000000", b"99999999"
    )


def cross_references_in_a_circle() -> bytes:
    data = raw({})
    return data.replace(b"/Root 1 0 R", b"/Root 1 0 R/Prev %d" % data.index(b"xref\n"))


def no_cross_references() -> bytes:
    data = raw({})
    return data[: data.index(b"xref\n")] + b"trailer<</Root 1 0 R>>\nstartxref\n999999999\n%%EOF"


def object_streams_that_lie() -> bytes:
    packed = stream(
        b"7 0 8 999999 9 -5 <<>>", b"/Type/ObjStm/N 2000000000/First 4294967295", packed=True
    )
    nested = stream(
        b"6 0 <</Type/ObjStm>>", b"/Type/ObjStm/N 1/First 4/Extends 10 0 R", packed=True
    )
    return raw({6: packed, 10: nested, PAGE_AT: page(b"/Metadata 7 0 R/Thumb 8 0 R")})


def lengths_that_lie() -> bytes:
    lying = stream(TEXT % b"lies").replace(b"/Length", b"/Length 4294967295/Old")
    return raw({CONTENT_AT: lying, 6: b"<</Length 6 0 R>>stream\nx\nendstream"})


def cut_in_half() -> bytes:
    data = million_glyphs()
    return data[: len(data) // 2]


def nothing_but_noise() -> bytes:
    return b"%PDF-1.7\n" + bytes(n * n * 7919 % 251 for n in range(200_000))


# Things that must not run


def scripts_and_attachments() -> bytes:
    script = b"<</S/JavaScript/JS(app.alert\\(1\\); while \\(true\\) {})>>"
    launch = b"<</S/Launch/F(/bin/touch)/Win<</F(cmd.exe)>>>>"
    return raw(
        {
            CATALOG_AT: b"<</Type/Catalog/Pages 2 0 R/OpenAction %s/AA<</WC %s>>/Names<</JavaScript"
            b"<</Names[(a) %s]>>/EmbeddedFiles<</Names[(evil.exe) 6 0 R]>>>>>>"
            % (script, launch, script),
            PAGE_AT: page(b"/AA<</O %s/C %s>>" % (script, launch)),
            6: b"<</Type/Filespec/F(evil.exe)/EF<</F 7 0 R>>>>",
            7: stream(b"\0" * 10_000_000, b"/Type/EmbeddedFile", packed=True),
        }
    )


def encrypted(user: str) -> bytes:
    with pymupdf.open("pdf", raw({}, name="no secret")) as document:
        made: bytes = document.tobytes(
            encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw=user, owner_pw="owner"
        )
    return made


def encrypted_for_its_owner() -> bytes:
    return encrypted("")


def encrypted_for_its_reader() -> bytes:
    return encrypted("secret")


HOSTILE: tuple[Callable[[], bytes], ...] = (
    deep_page_tree,
    deep_arrays,
    deep_dictionaries,
    page_tree_loop,
    page_tree_of_one_page_many_times,
    page_count_that_lies,
    forms_that_call_each_other,
    forms_that_double,
    glyphs_that_draw_themselves,
    outline_loop,
    deep_outline,
    huge_page,
    page_beyond_all_bounds,
    text_of_impossible_sizes,
    code_of_no_size,
    million_glyphs,
    many_drawings,
    grid_of_rules,
    drawings_and_words,
    many_annotations,
    many_objects,
    many_fonts,
    many_pages,
    stream_bomb,
    picture_bomb,
    chain_of_filters,
    map_bomb,
    halves_of_characters,
    cross_references_that_lie,
    cross_references_in_a_circle,
    no_cross_references,
    object_streams_that_lie,
    lengths_that_lie,
    cut_in_half,
    nothing_but_noise,
    scripts_and_attachments,
    encrypted_for_its_owner,
    encrypted_for_its_reader,
)
