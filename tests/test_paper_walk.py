"""The walk over papers, concepts and passages; papers that brought concepts near to some."""

import numpy as np
from scipy import sparse

from index.papers.kin import Kin
from index.papers.signals import Signals
from index.papers.walk import PaperWalk, named_at
from index.settings import PaperSettings
from ingest.model import NamedBy, Paper, PaperMention, PaperRole, RelationKind
from ingest.papers.subjects import Literature


def made(passages: list[list[float]]) -> PaperWalk:
    """Papers 0 and 1 share concept 0, paper 2 is on its neighbour 1, paper 3 on neither."""
    topics = sparse.csr_matrix(np.array([[1.0, 0], [1.0, 0], [0, 1.0], [0, 0]]))
    near = sparse.csr_matrix(np.array([[0, 0.5], [0, 0]]))
    return PaperWalk(topics, near, sparse.csr_matrix(np.array(passages)), damping=0.85, steps=6)


def test_what_is_near_by_more_and_shorter_ways_comes_first() -> None:
    walk = made([[0], [0], [0], [0]])
    found = walk.from_starts({0: 1.0}, {})
    assert found[1] > found[2] > found[3] == 0
    from_concept = walk.from_starts({}, {1: 1.0})
    assert from_concept[2] > from_concept[0] == from_concept[1] > 0
    assert not walk.from_starts({}, {}).any()


def test_a_passage_that_names_two_papers_is_a_way_between_them() -> None:
    found = made([[0], [0], [1.0], [1.0]]).from_starts({2: 1.0}, {})
    assert found[3] > found[0] > 0


def test_a_mention_without_a_passage_stands_in_its_section() -> None:
    def mention(paper: str, chunk: str, section: str) -> PaperMention:
        return PaperMention("d", paper, PaperRole.CITES, NamedBy.NAME, "q", None, chunk, section)

    mentions = [mention("a", "c", "s"), mention("b", "", "s"), mention("c", "", "")]
    assert named_at(mentions, {"a": 0, "b": 1, "c": 2}) == {(0, 0): 1.0, (1, 1): 1.0}


def test_kin_are_papers_that_brought_variants_successors_and_rivals() -> None:
    brought = {"flash": "a", "flash2": "b", "paged": "c", "softmax": "d"}
    literature = Literature(
        papers=tuple(Paper(paper, paper) for paper in brought),
        relations=(
            ("b", RelationKind.IMPROVES_ON, "a"),
            ("c", RelationKind.ALTERNATIVE_TO, "a"),
            ("a", RelationKind.USES, "d"),
        ),
    )
    kin = Kin(literature, lambda paper: [brought[paper.id]])
    successor, rival, part = kin.beside(["a"])[1:]
    assert successor > rival > part == 0
    assert kin.beside(["b"])[0] == successor  # either way
    assert list(kin.bringing("c")) == [2]


def test_a_title_that_says_the_very_words_covers_them() -> None:
    titles = ("Flux Networks for All", "Sparse Widgets", "Dense Gadgets")
    literature = Literature(papers=tuple(Paper(title, title) for title in titles))
    signals = Signals(literature, (), PaperSettings())
    assert signals.covered("flux networks") > signals.covered("flux widgets") > 0
    assert signals.covered("what nobody wrote") == 0
