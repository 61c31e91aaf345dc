"""A JSON document sent to an https address that is itself a secret: no message names it, no redirection is followed."""

from http.client import HTTPException
from socket import gaierror
from ssl import SSLCertVerificationError
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from pitchcast.errors import PartlyDone, StorageUnavailable
from pitchcast.model.place import is_here, is_open_to_eavesdroppers
from pitchcast.reading import in_time
from pitchcast.storage.trust import tls_settings

_DEADLINE_S = 20.0
_SILENCE_S = 10.0
_MAY_HAVE_ARRIVED = "Look there before you tell it by hand; it is not sent again."


def post_json(url: str, body: bytes, *, patience_s: float = _DEADLINE_S) -> None:
    """Send a JSON document.

    Raises StorageUnavailable where it was certainly not sent, PartlyDone where it may have been. Whatever answers, a
    refusal too, has had the document: only the receiver knows what became of it.
    """
    if is_open_to_eavesdroppers(url):
        raise StorageUnavailable("the webhook has no https address, so nothing was sent", hint="Give an https address.")
    try:
        in_time(lambda: _send(url, body), patience_s, "the webhook")
    except StorageUnavailable as error:
        if isinstance(error, _NotSent):
            raise
        raise PartlyDone("the webhook did not answer in time", hint=_MAY_HAVE_ARRIVED) from None


class _NotSent(StorageUnavailable):
    """Nothing was sent: there was no connection."""


class _NoRedirects(HTTPRedirectHandler):
    """Follows no redirection: the document is for one receiver."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> None:
        return None


def _send(url: str, body: bytes) -> None:
    handlers: list[Any] = [_NoRedirects(), HTTPSHandler(context=tls_settings())]
    if is_here(url):
        handlers.append(ProxyHandler({}))
    request = Request(url, body, {"Content-Type": "application/json; charset=utf-8", "User-Agent": "pitchcast"})  # noqa: S310 - https alone
    try:
        with build_opener(*handlers).open(request, timeout=_SILENCE_S):
            return
    except HTTPError as error:
        error.close()
        raise PartlyDone(f"the webhook answered with status {error.code}", hint=_MAY_HAVE_ARRIVED) from None
    except URLError as error:
        if _never_connected(error.reason):
            raise _NotSent("the webhook cannot be reached", hint="Check its address, and try again later.") from None
        raise PartlyDone("the webhook broke the connection off", hint=_MAY_HAVE_ARRIVED) from None
    except (OSError, HTTPException, UnicodeError, ValueError):
        raise PartlyDone("the webhook broke the connection off", hint=_MAY_HAVE_ARRIVED) from None


def _never_connected(reason: object) -> bool:
    """Return whether a failure came before anything could be sent: no such host, or nobody listens there."""
    return isinstance(reason, ConnectionRefusedError | gaierror | SSLCertVerificationError)
