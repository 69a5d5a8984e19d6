"""What a run is worth for one question: hit@k, reciprocal rank, nDCG, all pages found."""

import math
from collections.abc import Callable

from app.evaluation.questions import GoldQuestion
from app.evaluation.runs import Hits, ranked_pages

Metric = Callable[[GoldQuestion, Hits], float]


def hit_at(cutoff: int) -> Metric:
    """Whether a gold page is on the first passages; the share of them when all are needed."""

    def hit(question: GoldQuestion, hits: Hits) -> float:
        found = _found(question, hits[:cutoff])
        return found / len(question.pages) if question.every_page else float(found > 0)

    return hit


def reciprocal_rank_at(cutoff: int) -> Metric:
    """One over the rank of the first passage on a gold page."""

    def reciprocal_rank(question: GoldQuestion, hits: Hits) -> float:
        ranks = (
            rank
            for rank, pages in enumerate(hits[:cutoff], 1)
            if not question.pages.isdisjoint(pages)
        )
        return 1.0 / next(ranks, math.inf)

    return reciprocal_rank


def ndcg_at(cutoff: int) -> Metric:
    """Normalized discounted cumulative gain of the ranked pages; a page is gold or it is not."""

    def ndcg(question: GoldQuestion, hits: Hits) -> float:
        ranked = ranked_pages(hits, question.names_sections)
        ranks = enumerate(ranked[:cutoff], start=1)
        gain = sum(_discount(rank) for rank, page in ranks if page in question.pages)
        best = min(len(question.pages), cutoff)
        return gain / sum(_discount(rank) for rank in range(1, best + 1))

    return ndcg


def all_pages_at(cutoff: int) -> Metric:
    """Whether every gold page is on the first passages."""

    def all_pages(question: GoldQuestion, hits: Hits) -> float:
        return float(_found(question, hits[:cutoff]) == len(question.pages))

    return all_pages


METRICS: dict[str, Metric] = {
    **{f"hit@{cutoff}": hit_at(cutoff) for cutoff in (1, 3, 5, 10)},
    "MRR@10": reciprocal_rank_at(10),
    "nDCG@10": ndcg_at(10),
}
# Only of questions that need every page.
ALL_PAGES: dict[str, Metric] = {f"all pages@{cutoff}": all_pages_at(cutoff) for cutoff in (5, 10)}


def _found(question: GoldQuestion, hits: Hits) -> int:
    return len(question.pages.intersection(ranked_pages(hits, question.names_sections)))


def _discount(rank: int) -> float:
    return 1.0 / math.log2(rank + 1)
