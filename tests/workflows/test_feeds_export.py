"""What an export says has changed, by the catalog that held at a moment."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pitchcast.model.layout import HISTORY
from pitchcast.model.steps.access import Chosen
from pitchcast.site.project import Project
from pitchcast.workflows import feeds_access as access
from pitchcast.workflows.feeds_export import export_feeds
from tests.fixtures.projects import a_project, later
from tests.fixtures.seaweedfs import StorageUnderTest
from tests.workflows.test_prospects_import import CONTACTS, DAY, HOUR, WITHOUT_ANA, import_text


@pytest.fixture
def yesterday(folder_storage: StorageUnderTest) -> Project:
    """A show of three prospects that was last changed yesterday."""
    project = a_project(folder_storage)
    import_text(later(project, -DAY), CONTACTS)
    moment = (datetime.now(UTC) - DAY).timestamp()
    for path in (Path(folder_storage.url) / HISTORY).iterdir():
        os.utime(path, (moment, moment))
    return project


def changed(project: Project, since: timedelta) -> list[str]:
    return [feed.prospect.id for feed in export_feeds(project, changed_since=project.now() - since)]


def test_nothing_is_told_again_that_is_as_it_was(yesterday: Project) -> None:
    assert changed(yesterday, HOUR) == []
    assert len(changed(yesterday, 2 * DAY)) == 3, "none of them was there before"


ANA = Chosen(who=("ana-roe",))
CHANGES = [
    pytest.param(lambda project: import_text(project, CONTACTS + "204,Wei,Li,,,\n"), ["wei-li"], id="a new prospect"),
    pytest.param(lambda project: access.rotate(project, ANA), ["ana-roe"], id="another address"),
    pytest.param(lambda project: access.revoke(project, ANA), ["ana-roe"], id="a closed feed"),
    pytest.param(
        lambda project: import_text(project, WITHOUT_ANA, remove_missing=True, max_missing_percent=50),
        ["ana-roe"],
        id="a suspended prospect",
    ),
]


@pytest.mark.parametrize(("change", "told"), CHANGES)
def test_what_an_importer_must_hear_of_is_told(
    yesterday: Project, change: Callable[[Project], object], told: list[str]
) -> None:
    change(yesterday)
    assert changed(yesterday, HOUR) == told


def test_where_history_is_no_longer_kept_everything_is_told(yesterday: Project) -> None:
    access.rotate(yesterday, ANA)
    yesterday.ledger.forget(yesterday.ledger.revisions())
    assert len(changed(yesterday, HOUR)) == 3
