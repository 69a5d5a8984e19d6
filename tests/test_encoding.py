import codecs
import os
from pathlib import Path

import pytest

from ingest.errors import FileTooLarge, UnreadableFile, UnsupportedFile
from ingest.readers.encoding import decode, read_text

SIMPLIFIED = [
    "中文",
    "蒸馏",
    "大模型",
    "优化器",
    "注意力机制",
    "a 归一化 b",
    "KV Cache 是什么？",
    "# 笔记\n\n学习率调度策略",
    "位置编码：RoPE 与 ALiBi",
    "损失函数与概率分布。",
    "本节讲解梯度下降法的原理与实现，并给出代码示例。\n\n- 第一点\n- 第二点\n",
]
TRADITIONAL = ["注意力機制", "# 筆記\n\n學習率調度策略", "損失函數與機率分佈。", "強化學習基礎"]
LONG = "自注意力让每个位置直接看到所有位置，English words 混在其中，还有 α、β 与 ①。\n" * 20


def write(folder: Path, data: bytes) -> Path:
    file = folder / "note.md"
    file.write_bytes(data)
    return file


@pytest.mark.parametrize("text", [*SIMPLIFIED, LONG])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_simplified_chinese_in_each_encoding(tmp_path: Path, text: str, encoding: str) -> None:
    read = read_text(write(tmp_path, text.encode(encoding)))
    assert read.text == text
    assert not read.damaged


@pytest.mark.parametrize("text", TRADITIONAL)
@pytest.mark.parametrize("encoding", ["utf-8", "big5", "utf-16"])
def test_traditional_chinese_in_each_encoding(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)).text == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text", [LONG, "plain English text\nwith lines\n", "中文笔记一二三\n第二行"]
)
def test_utf16_without_a_mark(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)).text == text


def test_utf32_is_not_taken_for_utf16() -> None:
    assert decode(codecs.BOM_UTF32_LE + "注意力".encode("utf-32-le")).text == "注意力"


def test_gb18030_beyond_gbk() -> None:
    text = "表情 😀 与生僻字 𠮷，其余都是普通的汉字"
    assert decode(text.encode("gb18030")).text == text


def test_lone_ideograph_that_is_valid_utf8_by_accident() -> None:
    # 一 is D2 BB in GBK, which UTF-8 would read as a Cyrillic letter.
    assert decode("Llama 一 note\n".encode("gbk")).text == "Llama 一 note\n"


@pytest.mark.parametrize("text", ["naïve café", "α β γ", "Привет, мир", "x × y ÷ z", "שלום"])
def test_other_scripts_in_utf8_stay_utf8(text: str) -> None:
    assert decode(text.encode("utf-8")).text == text


def test_western_quotes_of_old_windows_notes() -> None:
    text = "the model\u2019s \u201cweights\u201d \u2013 na\u00efve caf\u00e9"
    assert decode(text.encode("cp1252")).text == text


@pytest.mark.parametrize("bad", [b"\xff", b"\xe4\xb8", b"\xc0\x80"])
@pytest.mark.parametrize("text", ["中文笔记里有坏字节", LONG, "plain words, and more of them " * 4])
def test_a_few_bad_bytes_do_not_turn_utf8_into_something_else(text: str, bad: bytes) -> None:
    half = len(text) // 2
    read = decode(text[:half].encode() + bad + b" " + text[half:].encode())
    assert read.encoding == "utf-8"
    assert read.damaged
    assert "\ufffd" in read.text
    assert read.text.replace("\ufffd", "").replace(" ", "") == text.replace(" ", "")


def test_note_cut_off_within_a_character() -> None:
    read = decode("今天学习了梯度下降".encode()[:-1])
    assert read.damaged
    assert read.text.startswith("今天学习了梯度下")


def test_gbk_with_a_bad_byte_stays_gbk() -> None:
    read = decode(LONG.encode("gb18030") + b"\xff")
    assert read.encoding == "gb18030"
    assert read.damaged
    assert "自注意力" in read.text


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"PK\x03\x04\x14\x00", "zip"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff\xe0 JFIF", "JPEG"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"RIFF1234WEBPVP8 ", "image"),
        (b"some text \x00\x01\x02 and more", "binary"),
        (bytes(range(256)) * 40, "binary"),
        (os.urandom(4096).replace(b"\x00", b"\x01"), "encoding"),
    ],
)
def test_what_is_not_text_is_refused_with_a_hint(tmp_path: Path, data: bytes, what: str) -> None:
    with pytest.raises(UnsupportedFile, match=what) as caught:
        read_text(write(tmp_path, data))
    assert "note.md" in str(caught.value)
    assert caught.value.hint


def test_newlines_become_one_kind(tmp_path: Path) -> None:
    assert read_text(write(tmp_path, b"a\r\nb\rc\nd")).text == "a\nb\nc\nd"


def test_empty_file(tmp_path: Path) -> None:
    assert read_text(write(tmp_path, b"")).text == ""


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile):
        read_text(tmp_path / "none.md")
    with pytest.raises(UnreadableFile):
        read_text(tmp_path)


def test_no_permission(tmp_path: Path) -> None:
    file = write(tmp_path, b"text")
    file.chmod(0)
    if os.access(file, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(UnreadableFile, match="permission"):
        read_text(file)


def test_size_limit(tmp_path: Path) -> None:
    file = write(tmp_path, b"x" * 100)
    assert read_text(file, 100).text == "x" * 100
    with pytest.raises(FileTooLarge) as caught:
        read_text(file, 99)
    assert caught.value.hint
