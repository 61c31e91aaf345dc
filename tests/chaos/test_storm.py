"""Whatever goes wrong in whatever order, the rules hold: random sequences on a folder and on a real S3 server.

More of them: ``python benchmarks/chaos.py storm --sequences 10000``.
"""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from unittest.mock import patch

import pytest

from pitchcast.model.place import Address
from pitchcast.model.steps import access
from pitchcast.site import change
from pitchcast.site.pending import Announcement
from pitchcast.storage.s3.bucket import S3Bucket
from tests.chaos.storm import Folders, run_storm
from tests.chaos.world import Broken
from tests.fixtures.seaweedfs import SeaweedFS, StorageUnderTest

SEQUENCES = 250
SEQUENCES_TO_NOTICE = 500  # at most: the search ends with the first that breaks something
SEQUENCES_ON_S3 = 8
SEQUENCES_THAT_MOVE = 60


@pytest.fixture
def folders() -> Iterator[Folders]:
    found = Folders()
    yield found
    found.close()


def test_on_a_folder(folders: Folders) -> None:
    figures = run_storm(folders, sequences=SEQUENCES)
    print(figures)
    assert figures.sequences >= SEQUENCES
    assert sum(figures.faults.values()) > SEQUENCES // 2
    assert len(figures.faults) == 8, "every kind of fault happened"
    assert len(figures.commands) == 13, "every command was run"


def test_moving_from_folder_to_folder(folders: Folders) -> None:
    figures = run_storm(folders, sequences=SEQUENCES_THAT_MOVE, moves=True)
    print(figures)
    assert figures.commands["move"] > SEQUENCES_THAT_MOVE // 4


def test_on_s3(s3_environment: SeaweedFS, s3_storage: StorageUnderTest) -> None:
    def new_storage() -> StorageUnderTest:
        url = f"s3://{s3_environment.shared_bucket()}/storm-{secrets.token_hex(6)}"
        address = Address(url=url, endpoint_url=s3_environment.endpoint_url)
        return replace(s3_storage, url=url, bucket=S3Bucket(s3_environment.pitchcast_client(), address))

    figures = run_storm(new_storage, sequences=SEQUENCES_ON_S3, shrink=False)
    print(figures)
    assert figures.sequences >= SEQUENCES_ON_S3


@pytest.mark.parametrize(
    ("where", "name", "instead"),
    [
        pytest.param(Announcement, "put", lambda *_, **__: None, id="nobody writes down what is to be built"),
        pytest.param(access, "fresh_token", lambda _used, new: new(), id="nobody looks whether a token was used"),
        pytest.param(change, "concerned_paths", lambda *_: [], id="nobody builds what was changed"),
    ],
)
def test_the_storm_notices(folders: Folders, where: object, name: str, instead: object) -> None:
    """With a rule left out, something is found broken: the sequences reach what the rules are for.

    The nonce is left to tests/storage/test_ledger.py: most steps, run twice, give the same, so chance finds it rarely.
    """
    with patch.object(where, name, instead), pytest.raises(Broken):
        run_storm(folders, sequences=SEQUENCES_TO_NOTICE, steps=8, shrink=False)
