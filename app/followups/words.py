"""Words that name no topic of their own: what is left of a question without them is its topic."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from index.tokens import STOPWORDS, stem
from ingest.text import CJK_CHARACTER

_FILE = Path(__file__).with_suffix(".txt")
_ENGLISH_WORD = re.compile(r"[A-Za-z0-9]+(?:['’-][A-Za-z]+)*")
_NOT_CHINESE = re.compile(f"(?!{CJK_CHARACTER.pattern}).", re.DOTALL)

# Nouns that stand for the whole of what was spoken of: "this method" is the method itself.
KINDS_ZH = (
    "方法|算法|模型|技术|技巧|概念|思路|做法|办法|方案|策略|框架|东西|工具|系统|任务|理论|方式"
)
KINDS_EN = (
    "method|approach|technique|algorithm|model|concept|idea|trick|strategy|scheme|framework|"
    "thing|tool|system|procedure|process|theory|stuff"
)
# Nouns for something that belongs to it: "this formula" is the formula of the method.
PARTS_ZH = (
    "公式|式子|步骤|过程|参数|超参数|例子|定义|假设|条件|结果|结论|问题|缺点|优点|优势|代价|结构|"
    "目标|性质|定理|证明|推导|数字|数值|系数|项|值|步|论文|图|表"
)
PARTS_EN = (
    "formula|equation|step|process|parameter|hyperparameter|example|definition|assumption|"
    "condition|result|conclusion|problem|issue|drawback|advantage|limitation|benefit|cost|"
    "structure|property|theorem|proof|derivation|number|value|term|paper|figure|table"
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words of both languages that can be taken out of a question."""

    words: frozenset[str]
    chinese: re.Pattern[str]

    @classmethod
    def of(cls, *words: str) -> "Vocabulary":
        """The longest Chinese words are taken out first; English ones count by their stems."""
        wide = sorted(filter(CJK_CHARACTER.search, set(words)), key=lambda word: (-len(word), word))
        return cls(frozenset(map(stem, words)), re.compile("|".join(map(re.escape, wide))))

    def has(self, text: str) -> bool:
        """Whether a text is one of the words."""
        return not {text.lower(), stem(text.lower())}.isdisjoint(self.words)

    def rest(self, text: str) -> list[str]:
        """What is left of a text without these words: Chinese runs and English words."""
        return [word for word in words_of(self.chinese.sub(" ", text)) if not self.has(word)]


def words_of(text: str) -> list[str]:
    """The runs of Chinese and the English words of a text."""
    words = (found.group().lower() for found in _ENGLISH_WORD.finditer(text))
    return [*_NOT_CHINESE.sub(" ", text).split(), *words]


def size(words: Iterable[str]) -> int:
    """How much words say: a letter of Chinese one, a word of English two."""
    return sum(2 if word.isascii() else len(word) for word in words)


def _read_words() -> dict[str, list[str]]:
    """The words of the file by their section."""
    words: dict[str, list[str]] = {}
    section = ""
    for line in _FILE.read_text("utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif not line.startswith("#"):
            words.setdefault(section, []).extend(line.split())
    return words


_WORDS = _read_words()
TALK = Vocabulary.of(*STOPWORDS, *_WORDS["talk"])
NOUNS = Vocabulary.of(*_WORDS["belongings"])
RELATIONAL = Vocabulary.of(*_WORDS["belongings"], *_WORDS["doings"])
GENERAL = Vocabulary.of(*STOPWORDS, *(word for words in _WORDS.values() for word in words))
