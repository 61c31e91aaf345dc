"""One show to work on: its settings, its storage and its catalog, opened together."""

import getpass
import hashlib
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from pitchcast.config import Settings
from pitchcast.errors import CatalogError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.catalog import Catalog
from pitchcast.model.layout import headers_of, text_key
from pitchcast.model.place import refuse_moved
from pitchcast.model.token import TOKEN_BYTES, make_token
from pitchcast.model.writer import is_same_writer, may_be_same_person
from pitchcast.site.assets import Assets
from pitchcast.site.executors import FolderDone
from pitchcast.site.outcome import Outcome
from pitchcast.storage.bucket import Bucket
from pitchcast.storage.connect import open_bucket
from pitchcast.storage.ledger import Ledger

Progress = Callable[[str, float], None]
"""Called with the name of the step under way and how far it is, 0 to 1."""


Report = Callable[[FolderDone], None]
"""Called with each folder that a build has dealt with, also one that could not be built."""


def no_report(_folder: FolderDone) -> None:
    """Write nothing down."""


def no_progress(_step: str, _fraction: float) -> None:
    """Report nothing."""


@dataclass(frozen=True, slots=True)
class Project:
    """A show and where it lies. ``who`` names the writer in the catalog's releases and history.

    ``former`` are labels that the same writer had earlier on this computer.

    With ``dry_run`` changes are worked out and answered, but not written. ``progress`` is told how far jobs are,
    ``report`` what became of each folder that a change builds.
    ``outcome`` gathers what is to be told besides answers.
    """

    settings: Settings
    bucket: Bucket
    ledger: Ledger
    assets: Assets
    who: str
    new_token: Callable[[], str]
    former: tuple[str, ...] = ()
    dry_run: bool = False
    progress: Progress = no_progress
    report: Report = no_report
    outcome: Outcome = field(default_factory=Outcome)

    def as_dry_run(self) -> "Project":
        """Return the project as one in which nothing is written, and which reports no progress."""
        return replace(self, dry_run=True, progress=no_progress, report=no_report)

    def is_own(self, label: str) -> bool:
        """Return whether something that bears this label was written by the writer who works here."""
        return is_same_writer(label, (self.who, *self.former))

    def may_be_own(self, label: str) -> bool:
        """Return whether the same person seems to have written it, on another computer: only people can tell."""
        return may_be_same_person(label, (self.who, *self.former))

    def catalog(self) -> Catalog:
        """Return the current catalog. Raises CatalogError where nothing was ever published, ShowMoved."""
        catalog = self.ledger.load().catalog
        if catalog is None:
            raise CatalogError(
                f"nothing has been published in {self.bucket.url} yet",
                hint=f"Publish a first pitch: {pitchcast_command('publish RECORDING --to NAME')}",
            )
        if catalog.moved and catalog.moved.announced:
            refuse_moved(catalog.moved, self.bucket.url)
        return catalog

    def put_assets(self, bodies: Mapping[str, bytes]) -> None:
        """Store texts and pictures by their keys. In a dry run they are only known to what is worked out from them."""
        for key, body in bodies.items():
            if not self.dry_run:
                self.bucket.put(key, body, headers_of(key))
            self.assets.remember(key, body)

    def put_text(self, text: bytes) -> str:
        """Store a text as an asset and return its SHA-256."""
        sha256 = hashlib.sha256(text).hexdigest()
        self.put_assets({text_key(sha256): text})
        return sha256

    def now(self) -> datetime:
        """Return the storage's time, UTC, in whole seconds."""
        return self.bucket.now().replace(microsecond=0)

    def public_url(self) -> str:
        """Return the address of ``public/`` for a show that has no catalog yet."""
        return (self.settings.storage.public_url or self.bucket.default_public_url()).rstrip("/")


def open_project(settings: Settings, environ: Mapping[str, str], *, take_over: bool = False) -> Project:
    """Open the storage that the settings name. Raises ConfigError or StorageError.

    With *take_over* one writes from now on where a storage has a single writer, and that was somebody else.
    """
    storage = settings.storage
    bucket = open_bucket(storage)
    who, *former = _labels(settings, environ)
    return Project(
        settings=settings,
        bucket=bucket,
        ledger=Ledger(
            bucket,
            new_nonce=secrets.token_hex,
            single_writer=storage.single_writer,
            take_over=take_over,
            former=tuple(former),
        ),
        assets=Assets(bucket),
        who=who,
        former=tuple(former),
        new_token=lambda: make_token(secrets.token_bytes(TOKEN_BYTES)),
    )


def _labels(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    """Return the label of who writes, and those that the same writer had earlier, in a form that can be stored.

    PITCHCAST_USER has the first word, then the writer in the user's own settings; a user who has none there, such as
    that of a server, is told by login and computer.
    """
    given = environ.get("PITCHCAST_USER")
    if given:
        labels = [given]
    else:
        account = f"{getpass.getuser()}@{socket.gethostname()}"
        labels = [str(settings.writer), account] if settings.writer else [account]
    return [label.encode("utf-8", "replace").decode("utf-8") for label in labels]
