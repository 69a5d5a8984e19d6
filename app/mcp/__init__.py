"""The MCP server: search, answers, concepts and lessons as tools of a language model."""

from app.mcp.server import HttpEndpoint, make_server, serve_stdio
from app.mcp.tools import Material

__all__ = ["HttpEndpoint", "Material", "make_server", "serve_stdio"]
