"""Certificates of a company's own authority, trusted beside this computer's own by every way to the storage."""

import os
import ssl
from functools import cache
from pathlib import Path

from pitchcast.errors import ConfigError


def tls_settings(ca_bundle: str = "", *, verify: bool = True) -> ssl.SSLContext:
    """Return settings for https by which certificates in *ca_bundle* are trusted too.

    Without a bundle AWS_CA_BUNDLE or REQUESTS_CA_BUNDLE names one, as for boto3. Without *verify* any certificate
    will do. Raises ConfigError where the bundle cannot be read.
    """
    return _context(ca_bundle or os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE") or "", verify)


@cache
def _context(bundle: str, verify: bool) -> ssl.SSLContext:
    """Return settings, made once for each bundle: reading this computer's certificates takes a while."""
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif bundle:
        trust_bundle(context, bundle)
    return context


def trust_bundle(context: ssl.SSLContext, bundle: str) -> None:
    """Let *context* trust the certificates in a file or folder. Raises ConfigError where there are none."""
    try:
        if Path(bundle).is_dir():
            context.load_verify_locations(capath=bundle)
        else:
            context.load_verify_locations(cafile=bundle)
    except OSError as error:
        raise ConfigError(
            f"{bundle} holds no certificates that can be read",
            hint="Correct AWS_CA_BUNDLE, REQUESTS_CA_BUNDLE, or ca_bundle of the AWS profile: a file in PEM form.",
        ) from error
