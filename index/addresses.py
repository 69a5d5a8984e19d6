"""Addresses of model endpoints."""

import httpx

from ingest.errors import SettingsError

OPENAI = "https://api.openai.com/v1"


def endpoint_address(address: str | None, kind: str) -> str:
    """The address before ``/embeddings`` and the like; SettingsError where it can't be one.

    ``kind`` says what the endpoint is for.
    """
    address = (address or OPENAI).rstrip("/")
    try:
        parsed = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise SettingsError(f"The base URL {address!r} is not an address.") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise SettingsError(
            f"The base URL {address!r} is not an address.", "It starts with http:// or https://."
        )
    if parsed.userinfo:
        raise SettingsError(
            f"The base URL of the {kind} endpoint holds a password.", "Give it as the API key."
        )
    return address
