"""What a settings file from an address may not say: nothing of it may reach into this computer, or for more of it."""

from collections.abc import Iterator, Mapping

from pitchcast.config.document import TomlFile
from pitchcast.config.keys import KEYS, PATH

_CHAIN = "a fetched file extends no other one"
_NO_PATH = "names a file of this computer, which a fetched file must not"
_ONLY_BUCKETS = "must be s3://BUCKET/PREFIX in a fetched file: it names no folder of this computer"
_PROFILE = "which keys are used is not up to a fetched file (choose with --profile)"
_ONLY_HTTPS = "must start with https:// in a fetched file"
_INSECURE = "is not up to a fetched file: only you can tell who may listen in your network"


def mistakes_in_fetched(document: TomlFile) -> Iterator[str]:
    """Yield, each with its line, what a file that was fetched must not say.

    Those are other files (``extends``, every setting that names one), folders as storage, which keys are used, and
    addresses of services that are not https.
    """
    if "extends" in document.data:
        yield f"{document.place('extends')}: extends: {_CHAIN}"
    for section, content in document.data.items():
        if isinstance(content, Mapping):
            for name, value in content.items():
                what = _mistake(f"{section}.{name}", value)
                if what:
                    yield f"{document.place(f'{section}.{name}')}: {section}.{name}: {what}"


def _mistake(name: str, value: object) -> str:
    """Return what is wrong with one setting; whether it exists, and values of wrong kinds, are found when loading."""
    key = KEYS.get(name)
    if key is None or value in ("", False):
        return ""
    if key.kind is PATH:
        return _NO_PATH
    if name == "storage.profile":
        return _PROFILE
    if name == "storage.insecure":
        return _INSECURE
    if name == "storage.url" and not str(value).startswith("s3://"):
        return _ONLY_BUCKETS
    is_address = name in ("storage.endpoint_url", "storage.public_url")
    return _ONLY_HTTPS if is_address and not str(value).startswith("https://") else ""
