"""A storage in any S3-compatible service. The only module that talks through boto3's client.

Conditional writes are PutObject with If-None-Match and If-Match; what services make of them is the table in
docs/hosting.md. A write that was not answered may have happened: the caller looks for its own nonce.
"""

import hashlib
import heapq
import os
import secrets
import ssl
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from ipaddress import ip_address
from itertools import chain, count, takewhile
from operator import attrgetter
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import boto3
import botocore.session
from boto3.exceptions import Boto3Error, S3UploadFailedError
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    FlexibleChecksumError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.loaders import Loader
from botocore.parsers import ResponseParserError

from pitchcast.errors import ConfigError, LostRace, ObjectExists, ObjectMissing, StorageError
from pitchcast.model.layout import CATALOG, PRIVATE, PUBLIC, Headers
from pitchcast.model.place import Address, Addressing, is_open_to_eavesdroppers
from pitchcast.model.token import mask_tokens
from pitchcast.storage.bucket import ObjectInfo, Progress, Reach, check_size
from pitchcast.storage.keys import check_key, check_prefix
from pitchcast.storage.s3 import checksums
from pitchcast.storage.s3.deletion import BATCH_KEYS, Deleter
from pitchcast.storage.s3.errors import DENIED, error_code, is_unclear, translate
from pitchcast.storage.s3.location import S3Location, parse_s3_url
from pitchcast.storage.s3.recognition import Recognition
from pitchcast.storage.s3.retries import MOST_SILENCES, give_up_on_silence, pause, persistently
from pitchcast.storage.trust import trust_bundle

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PART_BYTES = 16 << 20
_CUTS = tuple(f"{letter}~" for letter in "47dhlptw")
"""Where listings begin: names of feeds start with a letter or one of 2 to 7, each as likely.

None is the name of a folder: SeaweedFS begins behind all that lies in a folder of just that name.
"""
_CONNECT_S = 3.0  # with three attempts and their pauses an unreachable host fails within 15 seconds
_ATTEMPTS = 3
_CONNECTIONS = 32
_TRANSFER = TransferConfig(multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES, max_concurrency=4)
_FOREIGN = (BotoCoreError, Boto3Error, ClientError, ResponseParserError, RecursionError, OSError)


class S3Bucket:
    """The promises of ``bucket.Bucket`` kept by an S3-compatible service. Threads may share one."""

    def __init__(self, client: "S3Client", address: Address, ca_bundle: str = "") -> None:
        self._client = client
        self._deleter = Deleter(client)
        self._recognition = Recognition(str(client.meta.endpoint_url))
        self._address = address
        self._main = parse_s3_url(address.url)
        self._private = self._main
        if address.private_url:
            self._private = parse_s3_url(address.private_url, setting="storage.private_url")
        self._tried: dict[bool, bool] = {}
        self._trying = Lock()
        self.refused = 0
        """How many requests were refused, and sent again another way."""
        self.url = self._main.url
        self.reach = Reach(address.attempt_s, ca_bundle)

    @classmethod
    def open(cls, address: Address) -> "S3Bucket":
        """Return a storage with a client of its own; credentials come from the usual AWS places only.

        Nothing is contacted yet. Raises ConfigError for addresses that cannot be, AccessRefused for a missing profile.
        """
        parse_s3_url(address.url)
        client, session = connect(address)
        return cls(client, address, find_ca_bundle(session))

    @property
    def client(self) -> "S3Client":
        """The boto3 client, for what only ``storage setup`` and checks ask of S3."""
        return self._client

    @property
    def main(self) -> S3Location:
        """Where ``public/`` lies."""
        return self._main

    @property
    def private(self) -> S3Location:
        """Where ``private/`` lies."""
        return self._private

    def try_access(self) -> None:
        """List one object of each half. Raises AccessRefused or StorageUnavailable, and says why."""
        for place, half in ((self._private, PRIVATE), (self._main, PUBLIC)):
            with self._translated(half):
                self._client.list_objects_v2(Bucket=place.bucket, Prefix=place.key(half), MaxKeys=1)

    def without_checksums(self) -> "S3Bucket":
        """Return the same storage, reached by a client that sends checksums only where S3 demands them."""
        return type(self).open(replace(self._address, checksums="when_required"))

    @property
    def endpoint_url(self) -> str:
        """The address of the service."""
        return str(self._client.meta.endpoint_url)

    @property
    def is_amazon(self) -> bool:
        """Whether the service is Amazon's own."""
        return _is_amazon(self._client)

    def put(self, key: str, body: bytes | Path, headers: Headers, progress: Progress | None = None) -> str:
        """Write an object whole or not at all, whatever was there, and return its ETag.

        A file above 16 MiB goes in parts; *progress* may be given a negative number when a part is sent again.
        """
        if isinstance(body, Path):
            return self._upload(key, body, headers, progress)
        etag = self._put(key, body, headers)
        if progress:
            progress(len(body))
        return etag

    def put_new(self, key: str, body: bytes, headers: Headers) -> str:
        """Write an object only if there is none, and return its ETag. Raises ObjectExists."""
        try:
            return self._put(key, body, headers, IfNoneMatch="*")
        except LostRace as error:
            raise ObjectExists(f"{self._name(key)} exists already") from error

    def replace_if(self, key: str, body: bytes, etag: str, headers: Headers) -> str:
        """Replace an object only if it still has that ETag, and return the new one. Raises LostRace, also if gone."""
        try:
            return self._put(key, body, headers, IfMatch=f'"{etag}"')
        except ClientError as error:  # Amazon's answer where nothing is; others call it a lost race
            raise LostRace(f"{self._name(key)} was deleted meanwhile", hint="Run again.") from error
        except LostRace:
            if not self._still_is(key, etag):
                raise
        return self._put(key, body, headers, IfMatch=etag)  # Ceph compares without the quotes

    def get(self, key: str) -> tuple[bytes, ObjectInfo]:
        """Return a whole object. Raises ObjectMissing, or ObjectTooLarge without reading it."""
        answer, body = self._read(key, {})
        return body, _info(key, answer, len(body))

    def read_range(self, key: str, start: int, length: int) -> bytes:
        """Return at most *length* bytes from *start*; fewer at the end. Raises ObjectMissing."""
        if length <= 0:
            self.head(key)
            return b""
        try:
            return self._read(key, {"Range": f"bytes={start}-{start + length - 1}"}, passed=("InvalidRange", "416"))[1]
        except ClientError:  # the range starts at or after the end
            return b""

    def head(self, key: str) -> ObjectInfo:
        """Return what is known of an object. Raises ObjectMissing."""
        place = self._place(key)
        with self._translated(key):
            try:
                answer = self._client.head_object(Bucket=place.bucket, Key=place.key(key))
            except ClientError as error:
                self._raise_if_absent(key, error)
                raise
        self._recognition.check_object(key, answer.get("ContentType", ""), b"")
        return _info(key, answer, answer["ContentLength"])

    def copy(self, source: str, target: str, headers: Headers, *, if_match: str = "") -> str:
        """Copy within the storage, also between the private and the public bucket; objects of up to 5 GiB.

        Return the copy's ETag.
        Raises ObjectMissing, or LostRace where *if_match* is given and the source no longer has that ETag.
        """
        origin, place = self._place(source), self._place(target)
        condition = {"CopySourceIfMatch": f'"{if_match}"'} if if_match else {}

        def call() -> str:
            answer = self._client.copy_object(
                Bucket=place.bucket,
                Key=place.key(target),
                CopySource={"Bucket": origin.bucket, "Key": origin.key(source)},
                MetadataDirective="REPLACE",
                ContentType=headers.content_type,
                CacheControl=headers.cache_control,
                **condition,  # type: ignore[arg-type] # the stubs know no optional keywords
            )
            return bare(answer["CopyObjectResult"]["ETag"])

        with self._translated(source, writing=True):
            try:
                return persistently(call)
            except ClientError as error:
                self._raise_if_absent(source, error)
                raise

    def copy_from(self, other: "S3Bucket", key: str, headers: Headers) -> None:
        """Copy an object of another storage of the same service, not through this machine; objects of up to 5 GiB.

        Raises ObjectMissing, and AccessRefused where the keys used here may not read there.
        """
        origin, place = other._place(key), self._place(key)

        def call() -> object:
            return self._client.copy_object(
                Bucket=place.bucket,
                Key=place.key(key),
                CopySource={"Bucket": origin.bucket, "Key": origin.key(key)},
                MetadataDirective="REPLACE",
                ContentType=headers.content_type,
                CacheControl=headers.cache_control,
            )

        with self._translated(key, writing=True):
            persistently(call)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Yield every object whose key starts with *prefix*, in the order of keys."""
        check_prefix(prefix)
        if self._private == self._main:
            return self._list(self._main, prefix)
        private = self._list(self._private, prefix if prefix.startswith(PRIVATE) else PRIVATE)
        main = (info for info in self._list(self._main, prefix) if not info.key.startswith(PRIVATE))
        if prefix.startswith(PRIVATE):
            return private
        return heapq.merge(private, main, key=lambda info: info.key) if PRIVATE.startswith(prefix) else main

    def list_after(self, prefix: str, after: str) -> Iterator[ObjectInfo]:
        """Yield what ``list`` yields behind the key *after*, in the service's own order, a page at a time.

        *prefix* is of one of the two places that a storage may have.
        """
        return self._list_as_served(self._place(f"{check_prefix(prefix)}x"), prefix, after)

    def survey(self, prefix: str) -> Iterator[ObjectInfo]:
        """Yield what ``list`` yields, in any order: each of several stretches of names is listed by itself.

        S3 lists a thousand objects a request, and tells with each where the next begins; so one listing of a hundred
        thousand cannot be hurried. Where a service does not know how to begin in the middle, objects come again.
        """
        if not check_prefix(prefix).startswith((PUBLIC, PRIVATE)):
            yield from self.list(prefix)
            return
        place = self._place(f"{prefix}x")
        cuts = ["", *(f"{prefix}{cut}" for cut in _CUTS), ""]

        def stretch(after: str, until: str) -> list[ObjectInfo]:
            found = self._list_as_served(place, prefix, after)
            return list(takewhile(lambda info: not until or info.key <= until, found))

        with ThreadPoolExecutor(len(cuts) - 1) as pool:
            yield from chain.from_iterable(pool.map(stretch, cuts, cuts[1:]))

    def holds(self, info: ObjectInfo, body: bytes) -> bool:
        """Return whether an object, as it was listed, is exactly these bytes: known where its ETag is an MD5.

        It is for what was put in one part, but not where Amazon encrypts with a key of KMS.
        """
        return info.size_bytes == len(body) and info.etag == hashlib.md5(body, usedforsecurity=False).hexdigest()

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects, a thousand a request; what is not there counts as deleted."""
        waiting: dict[S3Location, list[str]] = {}
        for key in keys:
            batch = waiting.setdefault(self._place(key), [])
            batch.append(key)
            if len(batch) == BATCH_KEYS:
                self._delete(self._place(key), batch)
                batch.clear()
        for place, batch in waiting.items():
            if batch:
                self._delete(place, batch)

    def now(self) -> datetime:
        """Return the time in the Date header of an answer of the service, UTC, in whole seconds."""
        answer = self._answer_about(self._place(CATALOG), CATALOG)
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")
        if not date:
            raise StorageError(f"{self.url}: the storage does not tell the time", hint="Check storage.endpoint_url.")
        return parsedate_to_datetime(date).astimezone(UTC)

    def default_public_url(self) -> str:
        """Return the address of ``public/`` at the service itself; no slash at the end."""
        folder = quote(self._main.key("public"))
        if self.is_amazon and "." not in self._main.bucket:  # Amazon's certificate covers one label before its own
            return f"https://{self._main.bucket}.{self._amazon_host()}/{folder}"
        if self.is_amazon:
            return f"https://{self._amazon_host()}/{self._main.bucket}/{folder}"
        return f"{self._bucket_addresses(self._main)[0]}/{folder}"

    def addresses_of(self, key: str) -> Sequence[str]:
        """Return the object's address in the style that is used here, and in the other one."""
        place = self._place(key)
        return [f"{address}/{quote(place.key(key))}" for address in self._bucket_addresses(place)]

    def listing_addresses(self) -> Sequence[str]:
        """Return where an anonymous listing of the show would be asked for, in both styles."""
        places = dict.fromkeys((self._main, self._private))
        return [
            f"{address}/?list-type=2&prefix={quote(place.key(''))}"
            for place in places
            for address in self._bucket_addresses(place)
        ]

    @property
    def deleter(self) -> Deleter:
        """What deletes, also old versions."""
        return self._deleter

    def close(self) -> None:
        """Close the connections; the storage is of no use afterwards."""
        self._client.close()

    def _place(self, key: str) -> S3Location:
        return self._private if check_key(key).startswith(PRIVATE) else self._main

    def _name(self, key: str) -> str:
        place = self._private if key.startswith(PRIVATE) else self._main
        return mask_tokens(f"s3://{place.bucket}/{place.key(key)}")

    def _put(self, key: str, body: bytes, headers: Headers, **condition: str) -> str:
        place = self._place(key)

        def call() -> str:
            return self._client.put_object(
                Bucket=place.bucket,
                Key=place.key(key),
                Body=body,
                ContentType=headers.content_type,
                CacheControl=headers.cache_control,
                **condition,  # type: ignore[arg-type] # the stubs know no optional keywords
            )["ETag"]

        with self._translated(key, writing=True, passed=("NoSuchKey",) if "IfMatch" in condition else ()):
            return bare(persistently(call))

    def _upload(self, key: str, body: Path, headers: Headers, progress: Progress | None) -> str:
        place = self._place(key)
        extra = {"ContentType": headers.content_type, "CacheControl": headers.cache_control}
        with self._translated(key, writing=True):
            try:
                self._client.upload_file(
                    str(body), place.bucket, place.key(key), ExtraArgs=extra, Callback=progress, Config=_TRANSFER
                )
            except S3UploadFailedError as error:
                if isinstance(error.__context__, ClientError):
                    raise error.__context__ from None
                raise
            except BotoCoreError:  # some are an OSError too
                raise
            except OSError as error:
                raise StorageError(f"{body}: {error.strerror}", hint="Check that the file can be read.") from error
        return self.head(key).etag

    def _still_is(self, key: str, etag: str) -> bool:
        try:
            return self.head(key).etag == etag
        except ObjectMissing:
            return False

    def _read(self, key: str, extra: dict[str, str], passed: Sequence[str] = ()) -> tuple[Any, bytes]:
        """Return the answer and its body; a body that is cut is asked for again."""
        with self._translated(key, passed=passed):
            for attempt in count(1):
                answer = self._begin_reading(key, extra)
                try:
                    with closing(answer["Body"]) as stream:
                        if not extra:
                            check_size(self._name(key), key, answer.get("ContentLength", 0))
                        body = stream.read()
                    break
                except ReadTimeoutError:
                    if attempt >= MOST_SILENCES:
                        raise
                except (ResponseStreamingError, IncompleteReadError, FlexibleChecksumError):
                    if attempt >= _ATTEMPTS:
                        raise
                pause(attempt)
        self._recognition.check_object(key, answer.get("ContentType", ""), body)
        return answer, body

    def _begin_reading(self, key: str, extra: dict[str, str]) -> Any:
        place = self._place(key)
        try:
            return self._client.get_object(Bucket=place.bucket, Key=place.key(key), **extra)  # type: ignore[arg-type] # the stubs know no optional keywords
        except ClientError as error:
            self._raise_if_absent(key, error)
            raise

    def _list(self, place: S3Location, prefix: str) -> Iterator[ObjectInfo]:
        folder = prefix[: prefix.rfind("/") + 1]
        return _in_key_order(self._list_as_served(place, prefix), len(folder))

    def _list_as_served(self, place: S3Location, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        """Yield objects in the service's own order, those that it lists after the key *after*."""
        skipped = len(place.key(""))
        start: Any = {"StartAfter": place.key(after)} if after else {}
        paginator = self._client.get_paginator("list_objects_v2")
        pages = paginator.paginate(Bucket=place.bucket, Prefix=place.key(prefix), **start)
        with self._translated(prefix):
            for page in pages:
                for found in page.get("Contents", ()):
                    key = found["Key"][skipped:]
                    yield ObjectInfo(key, bare(found["ETag"]), found["Size"], found["LastModified"].astimezone(UTC))

    def _delete(self, place: S3Location, keys: Sequence[str]) -> None:
        with self._translated(keys[0], writing=True):
            remaining = self._deleter.delete(place.bucket, [{"Key": place.key(key)} for key in keys])
        for doomed, refusal in remaining:
            with self._translated(doomed["Key"][len(place.key("")) :], writing=True):
                raise refusal

    def _bucket_addresses(self, place: S3Location) -> Sequence[str]:
        endpoint = urlsplit(self.endpoint_url)
        base = f"{endpoint.netloc}{endpoint.path.rstrip('/')}"
        by_path = f"{endpoint.scheme}://{base}/{place.bucket}"
        by_host = f"{endpoint.scheme}://{place.bucket}.{base}"
        if _is_ip_address(endpoint.hostname or ""):
            return [by_path]
        virtual = self._address.addressing == "virtual" or (self._address.addressing == "auto" and self.is_amazon)
        return [by_host, by_path] if virtual else [by_path, by_host]

    def _amazon_host(self) -> str:
        """Return the service's host with the bucket's region in it, asking the service where none is configured."""
        host = urlsplit(self.endpoint_url).netloc
        if host != "s3.amazonaws.com":
            return host
        answer = self._answer_about(self._main, PRIVATE + "x")
        return f"s3.{answer['ResponseMetadata']['HTTPHeaders'].get('x-amz-bucket-region', 'us-east-1')}.amazonaws.com"

    def _answer_about(self, place: S3Location, key: str) -> Any:
        """Return the answer to a HEAD, whatever it says: its headers tell time and region also in refusals."""
        with self._translated(key):
            try:
                return self._client.head_object(Bucket=place.bucket, Key=place.key(key))
            except ClientError as error:
                return error.response

    @contextmanager
    def _translated(self, key: str, *, writing: bool = False, passed: Sequence[str] = ()) -> Iterator[None]:
        """Turn boto3's errors into pitchcast's; answers with a code in *passed* are the caller's to judge."""
        try:
            yield
        except _FOREIGN as error:
            if isinstance(error, ClientError) and error_code(error) in passed:
                raise
            if isinstance(error, ClientError) and is_unclear(error) and self._refuses_checksums(key, writing):
                what = f"{self._name(key)}: {checksums.WHAT} ({error_code(error)}, {self.endpoint_url})"
                raise ConfigError(what, hint=checksums.HINT) from error
            raise translate(error, where=self._name(key), endpoint_url=self.endpoint_url, writing=writing) from error

    def _refuses_checksums(self, key: str, writing: bool) -> bool:
        """Return whether the service refuses checksums, tried once: with writing, or by reading the object *key*."""
        if self._address.checksums == "when_required":
            return False
        with self._trying:
            if writing not in self._tried:
                place = self._private if key.startswith(PRIVATE) else self._main
                probe = place.key(f"{PRIVATE}probe-{secrets.token_hex(8)}")
                call = checksums.try_writing if writing else checksums.try_reading
                plain = self.without_checksums().client
                trial = call(place.bucket, probe if writing else place.key(key))
                self._tried[writing] = checksums.refuses_checksums(self._client, plain, trial)
            return self._tried[writing]

    def _raise_if_absent(self, key: str, error: ClientError) -> None:
        """Raise ObjectMissing where a refusal only hides that there is no such object.

        Amazon tells that only to those who may list the whole bucket; least-rights writers may list their show.
        """
        if error_code(error) not in DENIED:
            return
        place = self._place(key)
        try:
            found = self._client.list_objects_v2(Bucket=place.bucket, Prefix=place.key(key), MaxKeys=1)
        except ClientError as refusal:
            if error_code(refusal) in DENIED:
                return
            raise  # a HEAD has no body to say why; this answer has
        if place.key(key) not in [each["Key"] for each in found.get("Contents", ())]:
            raise ObjectMissing(f"{self._name(key)} does not exist") from error


def connect(address: Address, keys: tuple[str, str] | None = None) -> tuple["S3Client", botocore.session.Session]:
    """Return a client, and the session that holds its credentials, or *keys*. Nothing is contacted yet.

    Raises ConfigError for an address or a file of certificates that cannot be one, AccessRefused for a missing profile.
    """
    endpoint_url = _checked_endpoint(address.endpoint_url)
    try:
        session = _make_session(replace(address, profile="") if keys else address)
        if keys:
            session.set_credentials(*keys)
        client = _make_client(session, address, endpoint_url)
    except (BotoCoreError, OSError) as error:
        raise translate(error, where=address.url, endpoint_url=endpoint_url or "Amazon S3") from error
    except ValueError as error:  # botocore's own word on an address
        hint = "Correct storage.endpoint_url, or AWS_ENDPOINT_URL if that is set: write https://HOST."
        raise ConfigError("the address of the storage service is not one", hint=hint) from error
    _check_encrypted(str(client.meta.endpoint_url), address.insecure)
    client.meta.events.register_first("before-parse.s3", Recognition(str(client.meta.endpoint_url)))
    client.meta.events.register("needs-retry.s3", give_up_on_silence)
    return client, session


def _make_client(core: botocore.session.Session, address: Address, endpoint_url: str) -> "S3Client":
    session = boto3.session.Session(botocore_session=core, region_name=address.region or None)
    region = session.region_name or ("us-east-1" if endpoint_url else None)
    bundle = find_ca_bundle(core)
    _check_ca_bundle(bundle)

    def make(addressing: Addressing) -> "S3Client":
        return session.client(
            "s3",
            endpoint_url=endpoint_url or None,
            region_name=region,
            config=_config(address, addressing),
            verify=bundle or None,
        )

    client = make("path" if endpoint_url and address.addressing == "auto" else address.addressing)
    if address.addressing == "auto" and _is_amazon(client) == bool(endpoint_url):
        # Nearly all services know the path style, and few have a host name for every bucket, as Amazon has.
        client = make("auto" if endpoint_url else "path")
    return client


def find_ca_bundle(session: botocore.session.Session) -> str:
    """Return the file of certificates that boto3 trusts instead of its own, "" where none is named.

    It is named by AWS_CA_BUNDLE, the profile's ``ca_bundle``, or REQUESTS_CA_BUNDLE, in this order.
    """
    return session.get_config_variable("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE", "")


def bare(etag: str) -> str:
    """Return an ETag without its quotes."""
    return etag.strip('"')


def _check_ca_bundle(bundle: str) -> None:
    """Raise ConfigError where no certificates can be read: botocore would blame the connection."""
    if bundle:
        trust_bundle(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), bundle)


def _make_session(address: Address) -> botocore.session.Session:
    """Return a session that shares the descriptions of services with others: reading them takes a tenth of a second."""
    core = botocore.session.Session(profile=address.profile or None)
    core.register_component("data_loader", _loader())
    return core


@cache
def _loader() -> Loader:
    return Loader()


def _config(address: Address, addressing: Addressing) -> Config:
    return Config(
        s3={"addressing_style": addressing},
        signature_version="s3v4",
        connect_timeout=min(_CONNECT_S, address.attempt_s),
        read_timeout=address.attempt_s,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        max_pool_connections=_CONNECTIONS,
        request_checksum_calculation=address.checksums,
        response_checksum_validation=address.checksums,
    )


def _checked_endpoint(url: str) -> str:
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password):
        hint = "Write https://HOST; credentials come from the usual AWS places."
        raise ConfigError("storage.endpoint_url is not the address of a service", hint=hint)
    return url.rstrip("/")


def _check_encrypted(endpoint_url: str, insecure: bool) -> None:
    """Raise ConfigError where requests would cross a network unencrypted: whoever listens could repeat them."""
    if is_open_to_eavesdroppers(endpoint_url) and not insecure:
        raise ConfigError(
            f"{endpoint_url} is plain http: keys, prospects and recordings could be read on the way",
            hint="Use https://, in storage.endpoint_url, AWS_ENDPOINT_URL or endpoint_url of the AWS profile; where "
            "nobody can listen on the way, add the line insecure = true under [storage].",
        )


def _is_amazon(client: "S3Client") -> bool:
    host = urlsplit(str(client.meta.endpoint_url)).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn"))


def _is_ip_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _in_key_order(found: Iterable[ObjectInfo], skipped: int) -> Iterator[ObjectInfo]:
    """Yield *found* in the order of keys, of which the first *skipped* characters are equal.

    Services on file systems (SeaweedFS) sort folder by folder: ``a/x`` before ``a-b/x``. Only names that start alike
    can come in the wrong order, so no more than those are held back.
    """
    group: list[ObjectInfo] = []
    first = ""
    for info in found:
        if group and not info.key.startswith(first, skipped):
            yield from _sorted(group)
            group = []
        if not group:
            first = info.key[skipped:].partition("/")[0]
        group.append(info)
    yield from _sorted(group)


def _sorted(group: list[ObjectInfo]) -> list[ObjectInfo]:
    return group if len(group) < 2 else sorted(group, key=attrgetter("key"))


def _info(key: str, answer: Any, size_bytes: int) -> ObjectInfo:
    return ObjectInfo(key, bare(answer["ETag"]), size_bytes, answer["LastModified"].astimezone(UTC))
