"""Conversations: kept, gone on with, and exported."""
