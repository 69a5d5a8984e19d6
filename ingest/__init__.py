"""Files to records: readers, sections, chunks and the corpus store."""
