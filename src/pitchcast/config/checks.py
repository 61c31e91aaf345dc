"""What is wrong with a value of the right type: each check answers with words for the user, "" if nothing is."""

import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args, get_type_hints
from urllib.parse import SplitResult, urlsplit

from pitchcast.model.language import MISTAKE, is_language
from pitchcast.model.place import BUCKET_NAME, is_bucket_name, is_open_to_eavesdroppers
from pitchcast.model.text import MAX_LINE, MAX_NOTES_BYTES

Check = Callable[[Any], str]
_EMAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@[^@\s.<>,;:\"()\[\]\\]+(\.[^@\s.<>,;:\"()\[\]\\]+)+")
_WRITTEN_PHONE = re.compile(r"\+?[0-9](?:[ ()/.-]*[0-9]){4,19}", re.ASCII)
_LINKED_PHONE = re.compile(r"\+?[0-9][0-9.()-]{1,31}(;[A-Za-z0-9=.+-]{1,64})?")  # RFC 3966, without letters


def anything(_value: object) -> str:
    """Find nothing wrong."""
    return ""


def one_line(value: str) -> str:
    """Check against Apple's limit for values in a feed: no spaces at the edges, so many characters."""
    if len(value) > MAX_LINE:
        return f"must have at most {MAX_LINE} characters, has {len(value)}"
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in value):
        return "must be one line without control characters"
    return "must not start or end with a space" if value != value.strip() else ""


def description(value: str) -> str:
    """Check against Apple's limit for a description, counted in UTF-8; lines may break."""
    size_bytes = len(value.encode())
    if size_bytes > MAX_NOTES_BYTES:
        return f"must have at most {MAX_NOTES_BYTES} bytes, has {size_bytes}"
    control = any(unicodedata.category(character) == "Cc" and character not in "\n\t" for character in value)
    return "must have no control characters" if control else ""


def between(lowest: float, highest: float) -> Check:
    """Check a number, both ends included."""
    return lambda value: "" if lowest <= value <= highest else f"must be between {lowest:g} and {highest:g}"


def one_of(owner: type, attribute: str) -> Check:
    """Check against the choices that the Literal type of an attribute allows."""
    choices = get_args(get_type_hints(owner)[attribute])
    *most, last = map(str, choices)
    return lambda value: "" if value in choices else f"must be {', '.join(most)} or {last}"


def language(value: str) -> str:
    """Check for a language of ISO 639, with script, region or variants behind it or without."""
    return "" if is_language(value) else MISTAKE


def category(value: str) -> str:
    """Check the form only; the directory's list of categories is the feed check's business."""
    names = value.split(" > ")
    good = len(names) <= 2 and all(name and ">" not in name and not one_line(name) for name in names)
    return "" if good else 'must be one or two names, as in "Business > Marketing"'


def colour(value: str) -> str:
    """Check the form that style sheets and pictures share."""
    return "" if re.fullmatch(r"#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})", value) else "must be a colour such as #1d3fae"


def email(value: str) -> str:
    """Check that it looks like an address."""
    good = len(value) <= 254 and _EMAIL.fullmatch(value)
    return "" if good else "must be an e-mail address such as you@example.com"


def contact(value: str) -> str:
    """Check an e-mail address, a telephone number or a web address."""
    is_good = _WRITTEN_PHONE.fullmatch(value) or not email(value) or not web_address(value)
    return "" if is_good else "must be an e-mail address, a telephone number such as +44 20 7946 0000 or a web address"


def _split_web(value: str) -> SplitResult | None:
    """Return the parts of an http or https address with a host, None if it is none."""
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    clean = not any(character.isspace() or unicodedata.category(character) == "Cc" for character in value)
    return parts if good and clean else None


def web_address(value: str) -> str:
    """Check an address that people are sent to."""
    parts = _split_web(value)
    if parts is None:
        return "must be an address such as https://example.com"
    return "must hold no user name and no password" if "@" in parts.netloc else ""


def call_address(value: str) -> str:
    """Check where a call to action leads: to a page, a mail or a telephone."""
    scheme, _, rest = value.partition(":")
    complaint = "must be an address such as https://example.com/book, mailto:you@example.com or tel:+442079460000"
    if any(character.isspace() for character in value) or not value.isprintable():
        return complaint
    if scheme.lower() == "mailto":
        return complaint if email(rest.partition("?")[0]) else ""
    if scheme.lower() == "tel":
        return "" if _LINKED_PHONE.fullmatch(rest) else complaint
    return complaint if _split_web(value) is None else web_address(value)


def service_address(value: str) -> str:
    """Check an address to which paths are appended."""
    return web_address(value) or ("must have no ? and no #" if "?" in value or "#" in value else "")


def public_address(value: str) -> str:
    """Check what apps are given: https except on this computer, and ASCII as Apple asks."""
    complaint = service_address(value)
    parts = _split_web(value)
    if complaint or parts is None:
        return complaint
    if is_open_to_eavesdroppers(value):
        return "must start with https:// (plain http only for this computer, such as http://127.0.0.1:8760)"
    return "" if value.isascii() else "must consist of ASCII characters (write the host as xn--…)"


def encrypted(value: str) -> str:
    """Check an address to which keys are sent, unless ``storage.insecure`` allows more."""
    if not is_open_to_eavesdroppers(value):
        return ""
    return (
        "must start with https://, or keys and prospects can be read on the way (plain http only for this computer); "
        "where nobody can listen on the way, add the line insecure = true under [storage]"
    )


def s3_address(value: str) -> str:
    """Check the form of s3://BUCKET/PREFIX, and that keys below it are the same everywhere."""
    bucket, _, prefix = value.removeprefix("s3://").partition("/")
    segments = prefix.removesuffix("/").split("/") if prefix else []
    good = value.startswith("s3://") and bucket and not {"", ".", ".."}.intersection(segments)
    if not good or re.search(r"[?#\x00-\x1f\x7f]", value):
        return "must look like s3://BUCKET/PREFIX"
    return "" if is_bucket_name(bucket) else f"must look like s3://BUCKET/PREFIX, where BUCKET has {BUCKET_NAME}"


def storage_address(value: str) -> str:
    """Check the form only: a folder, file:// or s3://. A drive letter is no scheme."""
    scheme, colon, _ = value.partition("://")
    if value.startswith("s3:"):
        return s3_address(value)
    if not value or re.search(r"[\x00-\x1f\x7f]", value) or (colon and scheme != "file"):
        return "must be a folder, file://… or s3://BUCKET/PREFIX (the address of a service goes into endpoint_url)"
    return ""


def logs_address(value: str) -> str:
    """Check the form only: a folder, a file or s3://."""
    if storage_address(value):
        return "must be a folder, a file or s3://BUCKET/PREFIX"
    return ""


def networks(value: str) -> str:
    """Check networks and single addresses, with commas between them."""
    from ipaddress import ip_network  # imported when asked for: most shows set none

    for name in value.split(","):
        try:
            ip_network(name.strip(), strict=False)
        except ValueError:
            return f"must be networks, as in 203.0.113.0/24, 2001:db8::/32; “{name.strip()}” is none"
    return ""


def existing_file(path: Path) -> str:
    """Check that there is such a file."""
    try:
        return "" if path.is_file() else f"no such file: {path}"
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def existing_folder(path: Path) -> str:
    """Check that there is such a folder."""
    try:
        return "" if path.is_dir() else f"no such folder: {path}"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
