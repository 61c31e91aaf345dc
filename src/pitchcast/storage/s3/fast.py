"""The same storage in S3, its many small requests sent by obstore for a fraction of boto3's processor time.

obstore asks first, and once: puts of up to 1 MiB, whole reads, heads, and lists of folders. Whatever it gets but a
plain answer (an error, a refusal, a lost race, nothing at all) is asked for again through boto3, which tries again,
waits and says what is wrong. So every promise and every error is that of ``S3Bucket``, and a service that does not
like obstore costs time, never an object. Files, copies, deletions in batches, ranges, the clock, and lists of what is
no folder (obstore knows prefixes by whole names only) are boto3's alone.

Addresses, regions and credentials are those that boto3 finds. A body's SHA-256 is part of every signature; where
``checksums`` says so it is sent as a checksum too, which costs nothing more. The only module that uses obstore.
"""

import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from urllib.parse import parse_qs, urlsplit

import botocore.session
from botocore.exceptions import BotoCoreError
from obstore.auth.boto3 import Boto3CredentialProvider
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store

from pitchcast.errors import ObjectMissing
from pitchcast.model.layout import Headers, most_bytes
from pitchcast.model.place import Address
from pitchcast.model.token import mask_tokens
from pitchcast.storage.bucket import ObjectInfo
from pitchcast.storage.s3.bucket import S3Bucket, bare, connect, find_ca_bundle
from pitchcast.storage.s3.location import S3Location, parse_s3_url
from pitchcast.storage.s3.recognition import is_foreign, is_md5

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from obstore import Attributes, ObjectMeta, PutMode
    from obstore.store import ClientConfig, S3Config

_T = TypeVar("_T")
_LOG = logging.getLogger(__name__)
_SMALL_BYTES = 1 << 20
_PAGE_KEYS = 1000
_CONNECT_S = 2.0  # boto3 tries after it, and both together must fail within 15 seconds
_WHOLE = timedelta(minutes=10)
_KEYS_HELD = timedelta(minutes=10)  # obstore asks five minutes before that; botocore renews ten before keys expire
_FAILURES = 20  # one after the other, without an answer between them: this service does not like obstore
_REGION = re.compile(r"[a-z]+(?:-[a-z]+)+-\d")
_CANNOT_OVERRULE = ("AWS_SERVER_SIDE_ENCRYPTION", "AWS_SSE_", "AWS_CHECKSUM_", "AWS_PROXY_")
_ANY_REGION = "s3.amazonaws.com"
_ANSWERS = (FileNotFoundError, AlreadyExistsError, PreconditionError)
_FOREIGN = (BaseError, OSError, ValueError)
_opener = os.getpid()  # obstore's threads live in the process that imported it; in a forked one it waits for ever


class Route(NamedTuple):
    """How boto3 reaches a bucket: the address below which its keys lie, and the region that requests are signed for."""

    bucket: str
    bucket_url: str
    region: str


class FastS3Bucket(S3Bucket):
    """An ``S3Bucket`` whose small requests obstore sends. Threads may share one; forked processes use boto3 alone."""

    def __init__(self, client: "S3Client", address: Address, session: botocore.session.Session) -> None:
        super().__init__(client, address, find_ca_bundle(session))
        self._session = session
        self._stores: dict[S3Location, S3Store] = {}
        self._routes: dict[S3Location, Route] = {}
        self._doubted: set[S3Location] = set()
        self._making = Lock()
        self._failures = 0
        self._is_recognised = False
        self._is_told_otherwise = any(name.upper().startswith(_CANNOT_OVERRULE) for name in os.environ)

    @classmethod
    def open(cls, address: Address) -> "FastS3Bucket":
        """Return a storage with clients of its own; credentials come from the usual AWS places only.

        Nothing is contacted yet. Raises ConfigError for addresses that cannot be, AccessRefused for a missing profile.
        """
        parse_s3_url(address.url)
        client, session = connect(address)
        return cls(client, address, session)

    def get(self, key: str) -> tuple[bytes, ObjectInfo]:
        """Return a whole object. Raises ObjectMissing, or ObjectTooLarge without reading it."""
        place = self._place(key)

        def ask(store: S3Store) -> tuple[bytes, ObjectInfo] | None:
            answer = store.get(place.key(key))
            meta = answer.meta
            if meta["size"] > most_bytes(key):
                return None  # boto3 says what is wrong with it
            body, info = bytes(answer.bytes()), _info(key, meta)
            is_ours = is_md5(info.etag) and not is_foreign(key, answer.attributes.get("Content-Type", ""), body)
            return (body, info) if is_ours else None

        found = self._asked("GET", key, place, ask)
        if found:
            self._is_recognised = True
            return found
        try:
            return super().get(key)
        except ObjectMissing:  # said in the words of S3, or boto3 would have raised something else
            self._is_recognised = True
            raise

    def head(self, key: str) -> ObjectInfo:
        """Return what is known of an object. Raises ObjectMissing."""
        place = self._place(key)
        found = self._asked("HEAD", key, place, lambda store: _info(key, store.head(place.key(key))))
        return found if found and is_md5(found.etag) else super().head(key)

    def _put(self, key: str, body: bytes, headers: Headers, **condition: str) -> str:
        place = self._place(key)

        def ask(store: S3Store) -> str:
            answer = store.put(
                place.key(key),
                body,
                attributes=_attributes(headers),
                mode=_mode(condition),
                use_multipart=False,
            )
            return bare(answer["e_tag"] or "")

        etag = self._asked("PUT", key, place, ask) if len(body) <= _SMALL_BYTES else None
        if etag and not is_md5(etag):  # no S3 service that is known answers so: was it one?
            return super().head(key).etag
        return etag or super()._put(key, body, headers, **condition)

    def _list_as_served(self, place: S3Location, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        folder, skipped = place.key(prefix), len(place.key(""))
        store = None if folder and not folder.endswith("/") else self._store(place)
        page: Sequence[ObjectMeta] | None = None
        if store:
            pages = store.list(folder or None, offset=place.key(after) if after else None, chunk_size=_PAGE_KEYS)
            while page := self._asked("LIST", prefix, place, lambda _: next(pages, ())):
                for found in page:
                    after = found["path"][skipped:]
                    self._is_recognised = True
                    yield ObjectInfo(after, bare(found["e_tag"] or ""), found["size"], found["last_modified"])
        # To obstore a web page of a hotel is a list of nothing; boto3 is asked unless S3 has answered before.
        if page is None or not self._is_recognised:
            yield from super()._list_as_served(place, prefix, after)

    def _asked(self, what: str, key: str, place: S3Location, ask: Callable[[S3Store], _T]) -> _T | None:
        """Return what obstore got, or None where boto3 has to ask."""
        store = self._store(place)
        if store is None:
            return None
        if _LOG.isEnabledFor(logging.DEBUG):
            _LOG.debug("%s %s", what, mask_tokens(key))
        try:
            answer = ask(store)
        except _ANSWERS:
            self._failures = 0
        except _FOREIGN as error:
            self._note_failure(place, error)
        else:
            self._failures = 0
            return answer
        return None

    def _note_failure(self, place: S3Location, error: Exception) -> None:
        """Count a failure; what obstore says of it may hold keys and signed requests, and boto3 will say it better."""
        self._failures += 1
        self.refused += 1
        self._doubted.add(place)
        _LOG.debug("obstore failed (%s): asking through boto3", type(error).__name__)
        if self._failures == _FAILURES:
            _LOG.info("obstore failed %d times one after the other: boto3 sends the rest", _FAILURES)

    def _store(self, place: S3Location) -> S3Store | None:
        """Return obstore's client for a bucket, or None where boto3 sends everything.

        That is so after many failures, in a forked process, where the environment tells obstore, but not boto3, to
        encrypt what listeners shall read, and where keys come with a token for another service than Amazon's.
        """
        if self._failures >= _FAILURES or _opener != os.getpid() or self._is_told_otherwise:
            return None
        if place not in self._stores or place in self._doubted:
            with self._making:
                self._renew_store(place)
        return self._stores.get(place)

    def _has_session_token(self) -> bool:
        """Return whether keys come with a token, which obstore also sends to where it is led; boto3 follows nobody."""
        credentials = self._session.get_credentials()
        return bool(credentials and credentials.get_frozen_credentials().token)

    def _renew_store(self, place: S3Location) -> None:
        """Make a client, also where boto3 has found out meanwhile that the bucket is in another region."""
        self._doubted.discard(place)
        try:
            route = find_route(self._client, place.bucket)
            if not self.is_amazon and self._has_session_token():
                self._is_told_otherwise = True
                return
            if route != self._routes.get(place):
                self._stores[place] = _make_store(route, self._session, self._address)
                self._routes[place] = route
        except BotoCoreError:  # no credentials
            return
        except _FOREIGN as error:  # such as certificates that cannot be read
            self._note_failure(place, error)


def find_route(client: "S3Client", bucket: str) -> Route:
    """Return how boto3 would reach a bucket now; it may have learnt meanwhile in which of Amazon's regions it is.

    Raises BotoCoreError without credentials.
    """
    url = urlsplit(client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "x"}))
    host, region = url.netloc, parse_qs(url.query)["X-Amz-Credential"][0].split("/")[-3]
    if host.endswith(_ANY_REGION) and region != "us-east-1":  # botocore's choice for signed addresses only
        host = f"{host.removesuffix('amazonaws.com')}{region}.amazonaws.com"
    in_host = _region_in(host)
    return Route(bucket, f"{url.scheme}://{host}{url.path.removesuffix('/x')}", in_host or region)


def _region_in(host: str) -> str:
    """Return the region that one of Amazon's hosts names (``s3.eu-west-1.…``, ``s3-eu-west-1.…``); "" for others."""
    before, _, behind = host.rpartition(".amazonaws.com")
    named = before.rpartition(".")[2].removeprefix("s3-")
    return named if not behind and _REGION.fullmatch(named) else ""


def _make_store(route: Route, session: botocore.session.Session, address: Address) -> S3Store:
    """Return a client; what obstore would else take from the environment and boto3 does not know is named here."""
    options: ClientConfig = {
        "allow_invalid_certificates": False,
        "allow_http": route.bucket_url.startswith("http://"),
        "connect_timeout": timedelta(seconds=min(_CONNECT_S, address.attempt_s)),
        "read_timeout": timedelta(seconds=address.attempt_s),
        "timeout": _WHOLE,
    }
    bundle = find_ca_bundle(session)
    if bundle:
        options["root_certificate"] = Path(bundle).read_bytes()
    config: S3Config = {"checksum_algorithm": "SHA256"} if address.checksums == "when_supported" else {}
    return S3Store(
        route.bucket,
        config=config,
        aws_endpoint_url_s3=route.bucket_url,
        virtual_hosted_style_request=True,  # the bucket is in the address already
        region=route.region,
        conditional_put="etag",
        skip_signature=False,
        unsigned_payload=False,
        request_payer=False,
        s3_express=False,
        credential_provider=Boto3CredentialProvider(session, ttl=_KEYS_HELD),
        client_options=options,
        retry_config={"max_retries": 0, "retry_timeout": _WHOLE},
    )


@cache
def _attributes(headers: Headers) -> "Attributes":
    return {"Content-Type": headers.content_type, "Cache-Control": headers.cache_control}


def _mode(condition: Mapping[str, str]) -> "PutMode":
    if "IfMatch" in condition:
        return {"e_tag": condition["IfMatch"]}
    return "create" if condition else "overwrite"


def _info(key: str, found: "ObjectMeta") -> ObjectInfo:
    return ObjectInfo(key, bare(found["e_tag"] or ""), found["size"], found["last_modified"])
