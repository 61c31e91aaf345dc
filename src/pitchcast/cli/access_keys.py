"""Keys to a storage: asked for unseen, tried before they are kept, and offered anew where kept ones are refused."""

import os
from dataclasses import replace

from pitchcast.cli.display import Display
from pitchcast.cli.prompts import ask_hidden, confirm
from pitchcast.config import StorageSettings
from pitchcast.errors import AccessRefused, StorageUnavailable, UsageError
from pitchcast.workflows.join import DEFAULT_PROFILE, check_key, has_profile, keep_keys, try_keys


def profile_with_keys(display: Display, storage: StorageSettings, profile: str, *, renews: bool) -> str:
    """Return the AWS profile whose keys open a storage, "" for keys of the environment; they were tried.

    Where nobody knows any, or the kept ones are refused, new ones are asked for at a terminal. What *renews* puts them
    in the place of the refused ones; else these may be of another show, and the new ones get a profile of their own.

    Raises AccessRefused, StorageUnavailable, or UsageError for a profile that does not exist.
    """
    if not storage.url.startswith("s3://"):
        return ""
    name = profile or DEFAULT_PROFILE
    if not has_profile(name):
        if display.common.may_ask:
            return _asked_for(display, storage, name)
        _try_environment(storage, profile)
        return ""
    try:
        try_keys(replace(storage, profile=name))
    except AccessRefused as error:
        if not display.common.may_ask:
            raise
        display.warn(f"The keys in your AWS profile “{name}” do not fit: {error.message}")
        if not confirm("Type new ones?", default=True):
            raise
        return _asked_for(display, storage, name if renews else _other_profile(storage, name))
    display.say(f"Using the keys of your AWS profile “{name}”.")
    return name


def _try_environment(storage: StorageSettings, profile: str) -> None:
    """Try the keys that a script brings. Raises what trying raises, and UsageError where a profile was meant."""
    if profile and not os.environ.get("AWS_ACCESS_KEY_ID"):
        raise UsageError(f"there is no AWS profile “{profile}”", hint="Make it first, or run this in a terminal.")
    try_keys(replace(storage, profile=""))


def _asked_for(display: Display, storage: StorageSettings, name: str) -> str:
    """Ask for keys until they fit, keep them as the profile *name*, and return that."""
    display.say(f"Your keys are kept as the AWS profile “{name}”; what you type is not shown.")
    while True:
        keys = ask_hidden(display, "Access key", check_key), ask_hidden(display, "Secret key", check_key)
        if _fit(display, storage, keys):
            break
    path = keep_keys(name, *keys, os.environ)
    display.say(f"They fit, and are kept in {path}, readable for you alone.")
    return name


def _fit(display: Display, storage: StorageSettings, keys: tuple[str, str]) -> bool:
    """Return whether keys open the storage, saying why not. Raises StorageUnavailable where nobody answers."""
    while True:
        try:
            try_keys(storage, keys)
        except AccessRefused as error:
            display.warn(f"These keys do not fit: {error.message}. Nothing was kept; type them again.")
            return False
        except StorageUnavailable as error:
            display.warn(f"The keys could not be tried: {error.message}")
            if not confirm("Try the same keys again?", default=True):
                raise
        else:
            return True


def _other_profile(storage: StorageSettings, name: str) -> str:
    """Return a profile for keys that are not to take the place of those in the profile *name*."""
    bucket = storage.url.removeprefix("s3://").partition("/")[0]
    return f"{name}-{bucket}"[:64]
