"""The assistant behind OpenAI's chat interface: read ``routes.py`` first."""
