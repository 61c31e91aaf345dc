"""Covers that carry a prospect's name: drawn once, under the feed's own address, and gone with whom they name."""

from dataclasses import replace
from pathlib import Path

import feedparser
import pytest

from pitchcast.artwork import lettering
from pitchcast.errors import ConfigError, UsageError
from pitchcast.model.catalog import Audience
from pitchcast.model.layout import ASSETS
from pitchcast.model.prospect import parse_mention
from pitchcast.model.steps.access import Chosen
from pitchcast.production.beginning import ensure_show
from pitchcast.site.named_covers import tell_missing
from pitchcast.site.project import Project
from pitchcast.workflows import feeds_access as access
from pitchcast.workflows import history, show
from pitchcast.workflows import prospects as audience
from pitchcast.workflows.feeds import build
from pitchcast.workflows.prospects_invite import invite_colleagues
from pitchcast.workflows.publish import Pitch, plan_publish
from pitchcast.workflows.repair import repair
from tests.fixtures.projects import a_project, publish_to, put_draft
from tests.fixtures.seaweedfs import StorageUnderTest
from tests.fixtures.speech import EXAMPLE
from tests.workflows.test_feeds_access import faults, feed_of, under

ACME = Chosen(who=("acme-corp",))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A show with a cover for each prospect, published for two and in public."""
    project = a_project(StorageUnderTest("folder", str(tmp_path / "site"), "", None, None))  # type: ignore[arg-type]
    settings = replace(project.settings, show=replace(project.settings.show, cover_per_prospect=True))
    project = replace(project, settings=settings)
    publish_to(project, put_draft(project), "Acme Corp", "Beta", public=True)
    return project


def covers(project: Project, feed_id: str = "acme-corp") -> set[str]:
    """Return the names of the pictures in a feed's folder, after a look that feed and page name them."""
    path = feed_of(project, feed_id).path
    files = under(project, path)
    pictures = {name for name in files if name.endswith(".jpg")}
    image = feedparser.parse(files["feed.xml"]).feed.image.href
    if pictures:
        assert image.rpartition("/")[0].endswith(path)
        assert image.rpartition("/")[2] in pictures
        assert any(f"{path}/{name}".encode() in files["index.html"] for name in pictures), "the small one"
    else:
        assert project.catalog().show.art_token in image
    return pictures


def assets(project: Project) -> set[str]:
    return {info.key for info in project.bucket.list(ASSETS)}


def test_each_private_feed_has_a_cover_of_its_own(project: Project) -> None:
    acme, beta = covers(project), covers(project, "beta")
    assert len(acme) == len(beta) == 2, "a large and a small one"
    assert not acme & beta
    assert covers(project, "public") == set()
    assert faults(project) == []
    again = build(project)
    assert (again.put, again.copied, again.deleted) == (0, 0, 0)
    before = assets(project)
    publish_to(project, put_draft(project, "r2", "Another"), "Acme Corp")
    assert covers(project) == acme
    assert assets(project) == before


def test_a_cover_follows_the_name_and_the_show(project: Project) -> None:
    first = covers(project)
    audience.edit(project, parse_mention("acme-corp"), {"name": "Acme GmbH"})
    renamed = covers(project)
    assert not first & renamed
    access.rotate(project, ACME)
    assert covers(project) == renamed, "the new address has it, and the old one nothing"
    invite_colleagues(project, "acme-corp", name="Kim")
    assert not covers(project, "acme-corp.2") & renamed
    revision = project.catalog().revision
    show.edit(project, {"host": "Sam Poe"})
    assert not covers(project) & renamed
    history.restore(project, revision)
    assert covers(project) == renamed
    show.edit(project, {"cover_per_prospect": False})
    assert covers(project) == covers(project, "beta") == set()
    assert project.catalog().named_covers == ()
    assert faults(project) == []


def test_a_cover_goes_with_whom_it_names(project: Project) -> None:
    path, beta, before = feed_of(project).path, covers(project, "beta"), assets(project)
    access.remove(project, ACME, purge_history=True)
    assert not [name for name in under(project, path) if name.endswith(".jpg")]
    assert len(before - assets(project)) == 2, "the stored pictures of the one who was removed"
    access.revoke(project, Chosen(who=("beta",)))
    assert not [name for name in under(project, feed_of(project, "beta").path) if name.endswith(".jpg")]
    access.restore(project, Chosen(who=("beta",)))
    assert covers(project, "beta") == beta
    assert faults(project) == []


def test_a_stored_cover_that_is_missing_comes_back_from_the_feed(project: Project) -> None:
    before = assets(project)
    small = {cover.small_sha256 for cover in project.catalog().named_covers}
    small |= {project.catalog().show.cover.small.sha256}  # type: ignore[union-attr]
    project.bucket.delete([key for key in before if any(sha256 in key for sha256 in small)])
    assert len(faults(project)) == len(small)
    repair(project)
    assert assets(project) == before
    assert faults(project) == []


def test_names_are_drawn_on_drawn_covers_only_and_asked_for_where_a_show_begins(tmp_path: Path) -> None:
    project = a_project(StorageUnderTest("folder", str(tmp_path / "site"), "", None, None))  # type: ignore[arg-type]
    pitch = Pitch(recording=EXAMPLE, audience=Audience(to=(parse_mention("Acme Corp"),)), cover_per_prospect=True)
    assert plan_publish(project, pitch).catalog.show.cover_per_prospect
    given = replace(project.settings.show, artwork=tmp_path / "own.png", cover_per_prospect=True)
    with pytest.raises(ConfigError, match=r"show\.artwork"):
        ensure_show(replace(project, settings=replace(project.settings, show=given)))
    ensure_show(project)
    with pytest.raises(UsageError) as refused:
        plan_publish(project, pitch)
    assert "show edit --cover-per-prospect" in refused.value.hint


def test_letters_that_no_font_here_has_are_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = a_project(StorageUnderTest("folder", str(tmp_path / "site"), "", None, None))  # type: ignore[arg-type]
    monkeypatch.setattr(lettering, "_candidates", lambda: ("",))
    lettering._font_with.cache_clear()
    try:
        for text in ("Ideas", "שלום and ideas", "שלום"):
            tell_missing(project, text)
    finally:
        lettering._font_with.cache_clear()
    first, *rest = project.outcome.notes
    assert "no font on this computer has “שלום”" in first
    assert rest == []
