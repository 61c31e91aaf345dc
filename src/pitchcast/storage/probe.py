"""Who can read what, and what a service keeps of its promises: found out by trying, never assumed.

Findings are for the caller to judge: an "error" forbids publishing; one that is_unanswered() could not be tried.
"""

import os
import re
import secrets
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPException
from pathlib import Path
from types import MappingProxyType
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

from pitchcast.errors import AccessRefused, LostRace, ObjectExists, ObjectMissing, StorageError, StorageUnavailable
from pitchcast.invocation import pitchcast_command
from pitchcast.model.finding import Finding
from pitchcast.model.layout import PRIVATE, PROBE, PUBLIC, headers_of
from pitchcast.model.place import is_here
from pitchcast.model.token import mask_tokens
from pitchcast.reading import in_time, read_body
from pitchcast.storage.bucket import Bucket, Reach
from pitchcast.storage.trust import tls_settings

_USUAL = Reach()
_TOO_MANY = 429
_SILENCES = 4  # as long as so many time-outs a whole answer may take
_LARGEST_BYTES = 16 << 20
_AT_ONCE = 8
_HEADERS = MappingProxyType({"Accept-Encoding": "identity", "User-Agent": "pitchcast"})
_PICTURES = "image/avif,image/webp,image/apng,image/*;q=0.8,*/*;q=0.5"
_MAX_AGE = re.compile(r"(?:s-maxage|max-age)=(\d{1,9})")
_SECRET = b"pitchcast put this here to try whether it can be read without credentials. It must not be.\n"
_SINGLE_WRITER = "Set single_writer = true under [storage], and let one person at a time publish."
_UNPROVED = "Run again when it answers; --unverified goes on without this proof."
_THROW_AWAY = re.compile(rf"{PUBLIC}probe-[0-9a-f]{{16}}\.json|{PRIVATE}probe-[0-9a-f]{{16}}(-copy|-other)?")


def anonymous_get(
    url: str, *, start: int | None = None, length: int | None = None, verify: bool = True, reach: Reach = _USUAL
) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers (names in lower case) and at most 16 MiB of body of a GET without any credentials.

    With *start* a byte range is asked for, of *length* bytes or up to the end. Redirections are followed; loopback is
    asked without a proxy. Without *verify* any certificate will do. Raises StorageUnavailable where nothing answers, or
    no whole answer comes in some times the time-out, however many bytes do.
    """
    request = Request(_ascii(url), headers=dict(_HEADERS))  # noqa: S310 - checked
    if start is not None:
        request.add_header("Range", f"bytes={start}-{'' if length is None else start + length - 1}")
    return _ask(request, url, reach, verify=verify)


def anonymous_head(url: str, *, reach: Reach = _USUAL) -> tuple[int, dict[str, str]]:
    """Return status and headers (names in lower case) of a HEAD as ``anonymous_get`` asks. Raises what it raises."""
    request = Request(_ascii(url), headers=dict(_HEADERS), method="HEAD")  # noqa: S310 - checked
    status, headers, _ = _ask(request, url, reach)
    return status, headers


def anonymous_picture(url: str, *, reach: Reach = _USUAL) -> tuple[int, dict[str, str], bytes]:
    """Return what ``anonymous_get`` does, to a GET that takes every kind of picture, as browsers do."""
    request = Request(_ascii(url), headers={**_HEADERS, "Accept": _PICTURES})  # noqa: S310 - checked
    return _ask(request, url, reach)


def _ask(request: Request, url: str, reach: Reach, *, verify: bool = True) -> tuple[int, dict[str, str], bytes]:
    opener = _opener(request.host, tls_settings(reach.ca_bundle, verify=verify))
    try:
        return in_time(lambda: _answer(opener, request, reach.timeout_s), _SILENCES * reach.timeout_s, mask_tokens(url))
    except (OSError, HTTPException, UnicodeError) as error:  # UnicodeError: a host name that cannot be one
        raise _no_answer(url, error) from error


def _answer(opener: OpenerDirector, request: Request, timeout_s: float) -> tuple[int, dict[str, str], bytes]:
    try:
        answer = opener.open(request, timeout=timeout_s)
    except HTTPError as error:
        answer = error
    with closing(answer):
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return int(answer.status), headers, read_body(answer, _LARGEST_BYTES)[:_LARGEST_BYTES]


def is_throw_away(key: str) -> bool:
    """Return whether an object is one that a look puts and deletes again; it stays where the look was cut off."""
    return _THROW_AWAY.fullmatch(key) is not None


def is_served(bucket: Bucket, public_url: str) -> bool:
    """Return whether somebody may answer at *public_url*.

    A folder whose ``public_url`` is this computer's is served by ``pitchcast preview`` only.
    """
    return bool(bucket.addresses_of(PUBLIC + "x")) or not is_here(public_url)


def anonymous_status(url: str, *, length: int | None = None, reach: Reach = _USUAL) -> int:
    """Return the status by which a listener's request for a feed or audio is answered; *length* bytes are enough.

    Raises StorageUnavailable where nothing answers, the service is out of order, or a web page is shown instead.
    """
    status, headers, _ = _look(url, start=0 if length else None, length=length, reach=reach)
    if status < 300 and _is_page(headers):
        raise _something_else(url)
    return status


def _look(
    url: str, *, start: int | None = None, length: int | None = None, reach: Reach
) -> tuple[int, dict[str, str], bytes]:
    """Return what ``anonymous_get`` does. Raises StorageUnavailable also where the service is busy or out of order."""
    status, headers, body = anonymous_get(url, start=start, length=length, reach=reach)
    if _is_outage(status):
        raise StorageUnavailable(f"{mask_tokens(url)}: the answer is status {status}", hint="Run again later.")
    return status, headers, body


def _is_outage(status: int) -> bool:
    return status >= 500 or status == _TOO_MANY


def _is_page(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").lower().startswith("text/html")


def _something_else(url: str) -> StorageUnavailable:
    return StorageUnavailable(
        f"something else answers at {_host(url)}: a web page instead of what is stored",
        hint="Log in to the network, or go round the filter; check storage.public_url; then run again.",
    )


def is_unanswered(finding: Finding) -> bool:
    """Return whether a finding of this module says that something could not be tried, for lack of an answer."""
    return finding.level == "warning" and finding.what.startswith("no answer")


def longest_kept_s(headers: Mapping[str, str]) -> int | None:
    """Return for how many seconds a cache may keep an answer with these headers, None where they do not say it."""
    found = _MAX_AGE.search(headers.get("cache-control", ""))
    return int(found[1]) if found else None


def check_privacy(bucket: Bucket, public_url: str) -> list[Finding]:
    """Try to read and list the private half without credentials, every way it might be served.

    Puts ``private/probe``, which stays: a second run at the same moment must find it too. An "error" is a proof that
    the private half is open; one that is_unanswered() leaves it unproved.
    """
    addresses = bucket.addresses_of(PROBE)
    if not addresses and is_here(public_url):
        return _check_permissions(bucket)
    _put_probe(bucket)
    reached = _private_mappings(public_url, bucket.url)
    must_answer = (addresses[0] if addresses else "", reached[0])
    tries = _unique([*addresses, *reached])
    listings = _unique([*bucket.listing_addresses(), f"{public_url.rstrip('/')}/"])
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = [
            *pool.map(lambda url: _try_reading(url, url in must_answer, bucket.reach), tries),
            *pool.map(lambda url: _try_listing(url, bucket.reach), listings),
        ]
    faults = [finding for finding in found if finding]
    return faults or [Finding(level="ok", where=bucket.url, what="private/ cannot be read without credentials")]


def check_public(bucket: Bucket, public_url: str, *, query: str = "") -> list[Finding]:
    """Try whether listeners can read an object under ``public/``, whole and in parts; it is deleted afterwards.

    *query* is what addresses of shared audio end in, "" where nothing is shared.

    A folder whose ``public_url`` is this computer's is served by ``pitchcast preview`` only: nothing is tried.
    """
    if not is_served(bucket, public_url):
        return []
    name = f"probe-{secrets.token_hex(8)}.json"
    url = f"{public_url.rstrip('/')}/{name}"
    bucket.put(PUBLIC + name, _SECRET, headers_of(PUBLIC + name))
    try:
        judged = [_judge_public(public_url, url, bucket.reach)]
        if query and judged[0].level != "error":
            judged.append(_judge_query(public_url, f"{url}?{query}", bucket.reach))
    except StorageUnavailable as error:
        return [Finding(level="warning", where=public_url, what=f"no answer ({error.message})", do=_UNPROVED)]
    else:
        return judged
    finally:
        bucket.delete([PUBLIC + name])


def check_capabilities(bucket: Bucket) -> list[Finding]:
    """Try everything that ``storage.bucket`` promises on throw-away keys under ``private/``, and clean up.

    A service that takes a conditional write and ignores the condition would lose a colleague's work: an "error".
    """
    stem = f"{PRIVATE}probe-{secrets.token_hex(8)}"
    keys = [stem, f"{stem}-copy"]
    try:
        faults = list(_try_everything(bucket, *keys))
    finally:
        bucket.delete(keys)
    if any(True for _ in bucket.list(stem)):
        faults.append(_lacking(bucket, "deleted objects stay", "Check that these credentials may delete."))
    return faults or [Finding(level="ok", where=bucket.url, what="conditional writes and copies work as they must")]


def _try_everything(bucket: Bucket, key: str, copied: str) -> Iterator[Finding]:
    try:
        yield from _try_writes(bucket, key)
        yield from _try_copies(bucket, key, copied)
    except (AccessRefused, StorageUnavailable):
        raise
    except StorageError as error:
        yield _lacking(bucket, f"conditional writes are not supported ({error.message})", _SINGLE_WRITER)


def _try_writes(bucket: Bucket, key: str) -> Iterator[Finding]:
    headers = headers_of(key)
    bucket.put_new(key, b"one", headers)
    if not _fails(lambda: bucket.put_new(key, b"two", headers), ObjectExists):
        yield _lacking(bucket, "create-only writes overwrite what is there", _SINGLE_WRITER)
    if not _fails(lambda: bucket.replace_if(key, b"three", "0" * 32, headers), LostRace):
        yield _lacking(bucket, "compare-and-swap is ignored: a wrong ETag replaces the object", _SINGLE_WRITER)
    etag = bucket.head(key).etag
    if _fails(lambda: bucket.replace_if(key, b"four", etag, headers), LostRace):
        yield _lacking(bucket, "compare-and-swap refuses the right ETag", _SINGLE_WRITER)
    elif bucket.get(key)[0] != b"four":
        yield _lacking(bucket, "a replaced object keeps its old content", _SINGLE_WRITER)


def _try_copies(bucket: Bucket, key: str, copied: str) -> Iterator[Finding]:
    """Try a plain copy: nothing depends on copies under a condition, which Ceph ignores."""
    headers = headers_of(key)
    bucket.copy(key, copied, headers)
    if bucket.get(copied)[0] != bucket.get(key)[0]:
        yield _lacking(bucket, "copies differ from their source", "This storage cannot be used.")


def _fails(act: Callable[[], object], error: type[StorageError]) -> bool:
    try:
        act()
    except error:
        return True
    return False


def _lacking(bucket: Bucket, what: str, do: str) -> Finding:
    return Finding(level="error", where=bucket.url, what=what, do=do)


def _put_probe(bucket: Bucket) -> None:
    try:
        bucket.head(PROBE)
    except ObjectMissing:
        bucket.put(PROBE, _SECRET, headers_of(PROBE))


def _private_mappings(public_url: str, url: str) -> list[str]:
    """Return where ``private/probe`` would be seen if *public_url*, or its host, showed more than ``public/``."""
    base = public_url.rstrip("/")
    parts = urlsplit(base)
    root = f"{parts.scheme}://{parts.netloc}"
    above = base.rpartition("/")[0] if parts.path else root
    inside = urlsplit(url).path.strip("/") if url.startswith("s3://") else ""
    bucket = urlsplit(url).netloc if url.startswith("s3://") else ""
    folders = [above, base, root, f"{root}/{inside}", f"{base}/{inside}", f"{root}/{bucket}/{inside}"]
    disguised = [f"{base}/{up}/{PROBE}" for up in ("..", "%2e%2e", "..%2f")]
    return _unique([f"{base}/../{PROBE}", *(f"{folder.rstrip('/')}/{PROBE}" for folder in folders), *disguised])


def _try_reading(url: str, must_answer: bool, reach: Reach) -> Finding | None:
    """Return an error if the probe is read, or a warning where no answer came from what *must_answer*.

    Certificates are not looked at: whoever wants to read what is private would not look either.
    """
    try:
        status, headers, body = anonymous_get(url, verify=False, reach=reach)
    except StorageUnavailable as error:
        return _unanswered(url, error) if must_answer else None
    if status < 300 and (_SECRET.strip() in body or headers.get("content-encoding", "identity") != "identity"):
        what = f"private/ can be read by anyone at {mask_tokens(url)}"
        return Finding(level="error", where=_host(url), what=what, do=_how_to_close())
    if _is_outage(status):
        return _unanswered(url, StorageUnavailable(f"status {status}")) if must_answer else None
    return None


def _try_listing(url: str, reach: Reach) -> Finding | None:
    try:
        status, _, body = anonymous_get(url, verify=False, reach=reach)
    except StorageUnavailable:
        return None  # the same hosts are asked for the probe
    if status < 300 and (b"<ListBucketResult" in body or b"<ListAllMyBucketsResult" in body):
        what = f"anyone can list the storage at {mask_tokens(url)}, and so find every private feed"
        return Finding(level="error", where=_host(url), what=what, do="Take s3:ListBucket away from everyone.")
    return None


def _unanswered(url: str, error: StorageUnavailable) -> Finding:
    what = f"no answer from {mask_tokens(url)}, so nothing proves that private/ is closed ({error.message})"
    return Finding(level="warning", where=_host(url), what=what, do=_UNPROVED)


def _judge_public(public_url: str, url: str, reach: Reach) -> Finding:
    status, headers, body = _look(url, reach=reach)
    if status < 300 and body != _SECRET and _is_page(headers):
        raise _something_else(url)
    if status != 200 or body != _SECRET:
        what = f"listeners cannot read public/: status {status} for a file that is there"
        do = f"Run {pitchcast_command('storage setup')}, or correct storage.public_url."
        return Finding(level="error", where=public_url, what=what, do=do)
    status, _, body = _look(url, start=4, length=4, reach=reach)
    if status != 206 or body != _SECRET[4:8]:
        what = "byte ranges are not served: apps cannot skip within an episode"
        return Finding(
            level="warning", where=public_url, what=what, do="Let the web server or CDN answer Range requests."
        )
    return Finding(level="ok", where=public_url, what="listeners can read public/, whole and in parts")


def _judge_query(public_url: str, url: str, reach: Reach) -> Finding:
    status, _, body = _look(url, reach=reach)
    if status != 200 or body != _SECRET:
        query = url.rpartition("?")[2]
        what = f"what ends in ?{query} is not served (status {status}), so audio that feeds share cannot be heard"
        do = (
            f'Set [storage] audio = "per-feed" and run {pitchcast_command("show apply")}, '
            "or let the service ignore the query."
        )
        return Finding(level="error", where=public_url, what=what, do=do)
    return Finding(level="ok", where=public_url, what="audio that feeds share is served with each feed's mark")


def _check_permissions(bucket: Bucket) -> list[Finding]:
    private, public = Path(bucket.url) / PRIVATE, Path(bucket.url) / PUBLIC
    if os.name == "posix" and private.is_dir() and private.stat().st_mode & 0o077:
        what = "other users of this computer can read private/"
        return [Finding(level="warning", where=str(private), what=what, do=f"chmod 700 {private}")]
    if os.name == "posix" and public.is_dir() and public.stat().st_mode & 0o066:
        what = "other users of this computer can list public/, and so learn secret addresses"
        return [Finding(level="warning", where=str(public), what=what, do=f"chmod 711 {public}")]
    return [Finding(level="ok", where=bucket.url, what="private/ is for this computer's user alone")]


def _opener(host: str, tls: ssl.SSLContext) -> OpenerDirector:
    handlers = [ProxyHandler({})] if is_here(f"//{host}") else []
    return build_opener(HTTPSHandler(context=tls), *handlers)


def _ascii(url: str) -> str:
    if urlsplit(url).scheme not in ("http", "https"):
        raise StorageError(f"{mask_tokens(url)} is not a web address", hint="Check storage.public_url.")
    return quote(url, safe="%/:=&?~#+!$,;'@()*[]")


def _no_answer(url: str, error: OSError | HTTPException | UnicodeError) -> StorageUnavailable:
    reason = error.reason if isinstance(error, URLError) else error
    hint = "Check the network and storage.public_url, then run again."
    if isinstance(reason, ssl.SSLCertVerificationError):
        hint = "For a certificate of your company's own set AWS_CA_BUNDLE=FILE, or ca_bundle of the AWS profile."
    if isinstance(reason, TimeoutError):
        hint = "Run again; if the service is only slow, set a longer timeout under [storage]."
    return StorageUnavailable(
        f"{mask_tokens(url)}: no answer ({mask_tokens(str(reason)) or type(reason).__name__})", hint=hint
    )


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _unique(urls: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(urls))


def _how_to_close() -> str:
    return (
        "Close it: only public/ may be open. Remove what opens it from the bucket's policy and settings "
        f"(“{pitchcast_command('storage setup')}” opens public/ alone); where a service opens a bucket as a whole, "
        "set private_url to a bucket of its own."
    )
