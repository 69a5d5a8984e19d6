"""How a browser shows the API key again: by a cookie made from it, which does not hold it."""

import hmac
import secrets
from http.cookies import CookieError, SimpleCookie

SIGN_IN = "/sign-in"
COOKIE = "coursegraph_signed_in"
_PURPOSE = b"coursegraph pages"


def cookie_value(key: str) -> str:
    """What the cookie holds; another key makes it worthless."""
    return hmac.digest(key.encode(), _PURPOSE, "sha256").hex()


def is_signed_in(cookies: str, key: str) -> bool:
    """Whether the cookies of a request show the key."""
    try:
        found = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return False
    return found is not None and secrets.compare_digest(found.value, cookie_value(key))
