"""Tables of PDF pages, ruled or not."""
