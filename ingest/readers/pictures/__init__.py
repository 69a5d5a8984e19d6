"""Pictures and the text that is recognised in them."""
