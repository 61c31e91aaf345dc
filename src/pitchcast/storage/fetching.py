"""A small text from an https address: every step of the way encrypted, bounded in size, and in time as a whole."""

from http.client import HTTPException
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from pitchcast.errors import ConfigError, StorageUnavailable, UsageError
from pitchcast.model.place import is_here
from pitchcast.reading import in_time, read_body
from pitchcast.storage.trust import tls_settings

MAX_BYTES = 65_536
_DEADLINE_S = 15.0
_SILENCE_S = 10.0
_REDIRECTS = 3
_CHECK = "Check the address with ops."


def fetch_text(url: str) -> str:
    """Return the text at an https address.

    Raises UsageError for an address, or a redirection, that is not https or leads back into this network;
    StorageUnavailable where it does not arrive in time; ConfigError where it is too large or no text.
    """
    _check_https(url)
    body = in_time(lambda: _read(url), _DEADLINE_S, url)
    if len(body) > MAX_BYTES:
        raise ConfigError(f"{url} is too large for a set-up file", hint=_CHECK)
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{url} is not UTF-8 text", hint=_CHECK) from error


def _read(url: str) -> bytes:
    handlers: list[Any] = [_SafeRedirects(url), HTTPSHandler(context=tls_settings())]
    if is_here(url):
        handlers.append(ProxyHandler({}))
    try:
        with build_opener(*handlers).open(Request(url), timeout=_SILENCE_S) as answer:  # noqa: S310 - https alone
            return read_body(answer, MAX_BYTES)
    except (OSError, HTTPException, UnicodeError, ValueError) as error:
        raise StorageUnavailable(f"{url} cannot be fetched: {error}", hint=_CHECK) from error


class _SafeRedirects(HTTPRedirectHandler):
    """Follows a few redirections by https, but not from another computer into this one or the network around it."""

    max_redirections = _REDIRECTS

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).hostname

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        fp.close()  # or urllib reads what comes with the redirection to its end, which there may be none of
        parts = _check_https(newurl)
        if parts.hostname != self._host and _is_inside(newurl):
            raise UsageError(f"{req.full_url} leads to {parts.hostname}, inside your own network", hint=_CHECK)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_https(url: str) -> SplitResult:
    """Return the parts of an address. Raises UsageError where anybody on the way could change what it gives."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise UsageError(f"{url} is not an address: {error}", hint=_CHECK) from error
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        raise UsageError("a set-up file is fetched over https only", hint="Ask ops for an https:// address.")
    return parts


def _is_inside(url: str) -> bool:
    """Return whether an address names this computer or a number of its network.

    Names need no such look: whoever answers there must prove by a certificate to be who was asked for.
    """
    try:
        return is_here(url) or not ip_address(urlsplit(url).hostname or "").is_global
    except ValueError:
        return False
