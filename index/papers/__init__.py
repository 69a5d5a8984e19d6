"""Papers of a generation: found by a query, related to each other, each with its reasons."""
