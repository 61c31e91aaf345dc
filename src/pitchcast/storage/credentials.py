"""Where keys lie: as a profile in the file that every AWS tool reads. pitchcast keeps none of its own."""

import re
from collections.abc import Mapping
from pathlib import Path

from pitchcast.errors import ConfigError, StorageError, UsageError
from pitchcast.files import write_whole
from pitchcast.model.place import Address
from pitchcast.reading import FileKind, read_bytes

_FILE = FileKind(what="a list of keys", at_most_bytes=1_000_000, error=StorageError, hint="Mend it, or move it away.")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_KEY = re.compile(r"[\x21-\x7e]{3,256}")
_SECTION = re.compile(r"\s*\[([^\]]*)\]\s*([#;].*)?")
_KEYS = re.compile(r"\s*(aws_access_key_id|aws_secret_access_key|aws_session_token)\s*[=:]", re.IGNORECASE)


def credentials_path(environ: Mapping[str, str]) -> Path:
    """Return the file that holds profiles with keys; it need not exist."""
    named = environ.get("AWS_SHARED_CREDENTIALS_FILE")
    return Path(named).expanduser() if named else Path.home() / ".aws" / "credentials"


def has_profile(name: str) -> bool:
    """Return whether the usual AWS files know a profile of that name."""
    import botocore.session  # takes a while to import

    return name in botocore.session.get_session().available_profiles


def try_keys(address: Address, keys: tuple[str, str] | None = None) -> None:
    """Ask the storage for a little with *keys*, or with those that the usual AWS places give for *address*.

    Raises AccessRefused where they are wrong or lack the right, StorageUnavailable where nobody answers.
    """
    from pitchcast.storage.s3.bucket import S3Bucket, connect  # boto3 takes a while to import

    bucket = S3Bucket(connect(address, keys)[0], address)
    try:
        bucket.try_access()
    finally:
        bucket.close()


def check_key(text: str) -> str:
    """Return a key as it was given, without spaces around it. Raises UsageError, which does not repeat it."""
    text = text.strip()
    if not _KEY.fullmatch(text):
        raise UsageError("that is no key", hint="Copy it again: letters, digits and signs in one line.")
    return text


def store_profile(path: Path, name: str, access_key: str, secret_key: str) -> None:
    """Write a profile with keys into the credentials file; other profiles stay as they are, byte for byte.

    The file is replaced as a whole and only its owner can read it. Raises ConfigError for a name that cannot be one,
    StorageError where it cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(f"storage.profile: {name!r} cannot be a profile", hint="Use letters, digits, - and _.")
    lines = [f"aws_access_key_id = {check_key(access_key)}", f"aws_secret_access_key = {check_key(secret_key)}"]
    try:
        text = read_bytes(path, _FILE).decode("utf-8-sig") if path.exists() else ""
        target = path.resolve()  # a link is followed
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(target, _with_profile(text, name, lines).encode("utf-8"))
    except UnicodeDecodeError as error:
        raise StorageError(f"{path} is not UTF-8 text", hint="Mend it, or move it away.") from error
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}", hint="Check who may write there.") from error


def _with_profile(text: str, name: str, keys: list[str]) -> str:
    """Return the text of a credentials file with the lines *keys* in the profile *name*, which may be a new one."""
    lines = text.split("\n")
    headers = _headers(lines)
    start = next((at for at, section in headers.items() if section == name), None)
    if start is None:
        return _with_new_profile(text, name, keys)
    end = next((at for at in headers if at > start), len(lines))
    others = [line for line in lines[start + 1 : end] if not _KEYS.match(line)]
    return "\n".join([*lines[: start + 1], *keys, *others, *lines[end:]])


def _headers(lines: list[str]) -> dict[int, str]:
    """Return the names of the sections, each by the number of the line that begins it, in order."""
    headers = {}
    for number, line in enumerate(lines):
        found = _SECTION.fullmatch(line.rstrip("\r"))
        if found:
            headers[number] = found[1].strip()
    return headers


def _with_new_profile(text: str, name: str, keys: list[str]) -> str:
    """Return the text with another profile at its end, behind an empty line."""
    ends_a_line = not text or text.endswith("\n")
    before = text if ends_a_line else f"{text}\n"
    gap = "\n" if text.strip() else ""
    section = "\n".join([f"[{name}]", *keys])
    return f"{before}{gap}{section}\n"
