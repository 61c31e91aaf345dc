"""Tells whether it is an S3 service that answers, before botocore reads the answer.

A hotel's log-in page and a company's filter answer with a page of HTML and status 200: botocore would take it for an
empty listing, an object, or a write that was done. A web server that leads from http to https lets botocore ask itself
in circles until Python gives up (boto/boto3#2148).
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pitchcast.errors import StorageError, StorageUnavailable
from pitchcast.model.layout import Headers, headers_of

_ROOTS = {
    "ListObjectsV2": b"ListBucketResult",
    "CopyObject": b"CopyObjectResult",
    "CreateMultipartUpload": b"InitiateMultipartUploadResult",
    "CompleteMultipartUpload": b"CompleteMultipartUploadResult",
}
"""What the answer to an operation contains, by the Amazon S3 API Reference."""
_TAGGED = ("GetObject", "HeadObject", "PutObject", "UploadPart")
"""Operations that S3 answers with an ETag."""
_REDIRECTS = (301, 302, 303, 307, 308)
_ASKS_FOR_LOGIN = 511  # RFC 6585, section 6
_MADE_BY_BOTOCORE = 500  # of a status 200 whose body cannot be read as XML
_PAGE = re.compile(rb"\s*<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_MD5 = re.compile(r"[0-9A-Fa-f]{32}(-\d+)?")
_HINT = "Log in to the network, or go round the filter; check storage.endpoint_url; then run the same command again."


class Recognition:
    """A handler for botocore's event ``before-parse``; *endpoint_url* is for messages."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url

    def __call__(self, operation_model: Any, response_dict: Mapping[str, Any], **_: object) -> None:
        """Raise StorageUnavailable where something else answers, StorageError where the service wants https."""
        status, headers = response_dict["status_code"], response_dict["headers"]
        body = response_dict["body"] if isinstance(response_dict["body"], bytes) else b""
        if status in _REDIRECTS:
            self._check_redirect(status, headers, body)
        elif status < 300:
            self._check_success(operation_model.name, headers, body)
        elif _is_page(headers, body) and status == _MADE_BY_BOTOCORE:
            raise self._stranger("a web page")
        elif status == _ASKS_FOR_LOGIN or (_is_page(headers, body) and status < 500 and status != 404):
            raise self._stranger(f"status {status} and a web page")

    def check_object(self, key: str, content_type: str, body: bytes) -> None:
        """Raise StorageUnavailable where the body of an object is a web page that pitchcast never put there."""
        if is_foreign(key, content_type, body):
            raise self._stranger("a web page")

    def _check_redirect(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        if b"<Error" in body or any(name.lower().startswith("x-amz-") for name in headers):
            return  # S3's own: the bucket is in another region
        target = headers.get("Location", "")
        secure = _secure_endpoint(self._endpoint_url, target)
        if secure:
            raise StorageError(
                f"{self._endpoint_url} leads to https, which requests with a signature must not follow",
                hint=f'Use https: set endpoint_url = "{secure}" under [storage] (storage.endpoint_url).',
            )
        raise self._stranger(f"status {status}, which leads to {_host(target) or 'another page'}")

    def _check_success(self, operation: str, headers: Mapping[str, str], body: bytes) -> None:
        if _is_page(headers, body) and operation not in ("GetObject", "HeadObject"):
            raise self._stranger("a web page")
        if operation in _TAGGED and not headers.get("ETag"):
            raise self._stranger("an answer without ETag")
        if _ROOTS.get(operation, b"") not in body:
            raise self._stranger("an answer of another kind")

    def _stranger(self, what: str) -> StorageUnavailable:
        return StorageUnavailable(
            f"something else answers at {self._endpoint_url}: {what}, where an S3 service was expected", hint=_HINT
        )


def is_foreign(key: str, content_type: str, body: bytes) -> bool:
    """Return whether an object cannot be one of ours: it is a page of HTML, and the key says that it is none."""
    if _is_html(headers_of(key)):
        return False
    return content_type.lower().startswith("text/html") or bool(_PAGE.match(body))


def is_md5(etag: str) -> bool:
    """Return whether an ETag looks as those of S3 services do, and not as those of web servers."""
    return bool(_MD5.fullmatch(etag))


def _is_html(headers: Headers) -> bool:
    return headers.content_type.startswith("text/html")


def _is_page(headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether a body is HTML, by what it says of itself, unless it is empty."""
    is_html = headers.get("Content-Type", "").lower().startswith("text/html")
    return bool(body) and (is_html or bool(_PAGE.match(body)))


def _secure_endpoint(endpoint_url: str, target: str) -> str:
    """Return the https address to use where *target* is the same service by https, else ""."""
    asked = urlsplit(endpoint_url)
    try:
        led = urlsplit(target)
        port = f":{led.port}" if led.port not in (None, 443) else ""
    except ValueError:
        return ""
    host, name = asked.hostname or "", led.hostname or ""
    is_same = bool(host) and (name == host or name.endswith(f".{host}"))  # a bucket's own host name is below it
    if asked.scheme != "http" or led.scheme != "https" or not is_same:
        return ""
    return f"https://{host}{port}{asked.path.rstrip('/')}"


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
