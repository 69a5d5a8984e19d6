"""Papers of the material: which of them a document names, where, and which it is about."""
