"""Questions that follow up on a conversation."""
