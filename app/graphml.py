"""The concept graph as GraphML, for graph tools."""

from typing import Any

import networkx as nx


def graphml(graph: dict[str, Any]) -> str:
    """The exported graph as one GraphML document; evidence stays with the JSON form."""
    made = nx.MultiDiGraph()
    for concept in graph["concepts"]:
        made.add_node(
            concept["id"],
            name_zh=concept["name_zh"] or "",
            name_en=concept["name_en"] or "",
            aliases="; ".join(concept["aliases"]),
        )
    for paper in graph["papers"]:
        made.add_node(paper["arxiv_id"], name_en=paper["arxiv_id"])
    for number, relation in enumerate(graph["relations"]):
        made.add_edge(
            relation["source"],
            relation["target"],
            key=number,
            relation=relation["relation"],
            evidence=len(relation["evidence"]),
        )
    return "\n".join(nx.generate_graphml(made)) + "\n"
