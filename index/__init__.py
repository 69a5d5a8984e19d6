"""Records to a searchable index: vectors, keywords, fusion, generations."""
