"""Structured logs on stderr: JSON for machines, coloured lines on a terminal."""

import logging
import sys

import structlog

from app.settings import Settings

# What these libraries tell below a warning is of no use to our users.
_NOISY = frozenset(
    {
        "httpx",
        "mcp",
        "bm25s",
        "faiss",
        "sentence_transformers",
        "transformers",
        "asyncio",
        "uvicorn",
    }
)


def configure_logging(settings: Settings) -> None:
    """Send our logs and those of libraries to stderr in one format."""
    console = settings.log_format == "console" or (
        settings.log_format == "auto" and sys.stderr.isatty()
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer()
        if console
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    # On the handler, since some of these set their own level when they are imported.
    handler.addFilter(lambda record: record.levelno >= logging.WARNING or not _is_noisy(record))


def _is_noisy(record: logging.LogRecord) -> bool:
    return record.name.split(".", maxsplit=1)[0] in _NOISY
