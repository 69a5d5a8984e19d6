"""An answer in pieces, a sentence each: joined they are its text."""

from collections.abc import Iterator

from app.model import Answer, Piece, Sentence


def pieces_of(answer: Answer) -> Iterator[Piece]:
    """Give each sentence with the part of the text that it ends or, if the last, the whole rest."""
    new = {citation.number: citation for citation in answer.citations}
    found = located(answer)
    ends = [*(start for _, start, _ in found[1:]), len(answer.text)]
    begin = 0
    for (sentence, _, _), end in zip(found, ends, strict=False):  # none, if there are no sentences
        first = tuple(new.pop(number) for number in sentence.citations if number in new)
        yield Piece(answer.text[begin:end], sentence, first)
        begin = end


def located(answer: Answer) -> list[tuple[Sentence, int, int]]:
    """Sentences with their ranges in the text, empty for one that the text words otherwise."""
    found: list[tuple[Sentence, int, int]] = []
    position = 0
    for sentence in answer.sentences:
        start = answer.text.find(sentence.text, position)
        end = start + len(sentence.text)
        if start < 0:
            start = end = position
        found.append((sentence, start, end))
        position = end
    return found
