"""The lists of objects name what lies in storage, all of it and nothing else, whatever a show has."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from PIL import Image

from pitchcast.model.catalog import Catalog
from pitchcast.model.contents import Contents
from pitchcast.model.episode import Chapter, Greeting, ReplacedAudio
from pitchcast.model.feed import FeedContent
from pitchcast.model.layout import ASSETS, MASTERS, PUBLIC
from pitchcast.model.objects import (
    FileKind,
    PrivateKind,
    PublicFile,
    copied_files,
    folder_files,
    named_cover_objects,
    needed_objects,
    preview_files,
    rendered_files,
    shared_audio,
    show_files,
)
from pitchcast.model.steps.access import Chosen
from pitchcast.site.change import Wish, change
from pitchcast.site.project import Project
from pitchcast.workflows import episodes, show
from pitchcast.workflows import feeds_access as access
from pitchcast.workflows.undo import withdraw
from tests.fixtures.content import a_content, a_delivery, an_ended_content, an_episode
from tests.fixtures.projects import a_project, public_objects, publish_to, put_draft
from tests.fixtures.seaweedfs import StorageUnderTest

SECOND = "second"


@pytest.fixture(scope="module", params=["per-feed", "shared"])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A show that has everything: all sorts of covers, logo, photo, chapters, transcript, greeting, ended address."""
    folder = tmp_path_factory.mktemp(request.param)
    project = opened(folder / "show")
    project = replace(
        project, settings=replace(project.settings, storage=replace(project.settings.storage, audio=request.param))
    )
    chapters = (Chapter(start_s=0.0, title="Hello"), Chapter(start_s=60.0, title="More"))
    publish_to(project, put_draft(project), "Acme Corp <jo@acme.example>", "Umbrella", "Gone Ltd", public=True)
    publish_to(project, put_draft(project, "r2", "Second", chapters=chapters), "Acme Corp", "Umbrella")
    publish_to(project, put_draft(project, "r3", "Third"), "Acme Corp")
    picture, said = folder / "picture.png", folder / "said.txt"
    Image.new("RGB", (3000, 3000), "#2255aa").save(picture)
    said.write_text("Good morning.", encoding="utf-8")
    show.edit(
        project,
        {
            "cover_per_prospect": True,
            "logo": picture,
            "photo": picture,
            "call_to_action": "Book",
            "call_to_action_url": "https://a.example",
        },
    )
    episodes.edit(project, SECOND, {"transcript": said, "cover": picture})
    greet(project, "acme-corp", SECOND)
    withdraw(project, "third")
    access.revoke(project, Chosen(who=("gone-ltd",)))
    return project


def opened(folder: Path) -> Project:
    return a_project(StorageUnderTest("folder", str(folder), "", None, None))  # type: ignore[arg-type]


def greet(project: Project, feed_id: str, episode_id: str) -> None:
    """Put a greeting before an episode, without the seconds that its sound would take."""
    whole = put_draft(project, "greeted").master

    def step(catalog: Catalog) -> Catalog:
        episode = next(one for one in catalog.episodes if one.id == episode_id)
        (number,) = [release.number for release in catalog.releases if release.episode == episode_id]
        greeting = Greeting(
            recording_sha256="g1",
            episode_master_sha256=episode.master.sha256,
            master=whole,
            shift_samples=48_000,
            heard_lufs=-16.0,
            true_peak_dbtp=-1.0,
            feed=feed_id,
            release=number,
            changed_revision=catalog.revision + 1,
        )
        return msgspec.structs.replace(catalog, greetings=(greeting,))

    change(project, step, Wish(what="greeted"))


def contents_of(project: Project) -> list[FeedContent]:
    catalog = project.catalog()
    contents = Contents(catalog)
    paths = {key.split("/")[1] for key in public_objects(project)} - {catalog.show.art_token}
    found = [contents.at(path) for path in sorted(paths)]
    assert None not in found
    return [content for content in found if content]


def public_files(project: Project) -> list[PublicFile]:
    files = [*show_files(project.catalog()), *preview_files(project.catalog())]
    for content in contents_of(project):
        files += folder_files(content)
    return files


def what_is_public(project: Project) -> set[str]:
    """Return the keys of all that lies in folders; earlier pictures of the show stay beside those of now."""
    beside = f"{PUBLIC}{project.catalog().show.art_token}/"
    earlier = {key for key in public_objects(project) if key.startswith(beside)}
    catalog = project.catalog()
    now = {file.key for file in [*show_files(catalog), *preview_files(catalog)]}
    assert now <= earlier
    return public_objects(project).keys() - earlier | now


def test_the_lists_name_all_that_is_public_and_nothing_else(project: Project) -> None:
    files = public_files(project)
    assert {file.key for file in files} == what_is_public(project)
    assert {file.kind for file in files} == {*get_args(FileKind)} - {"replaced audio"}


def test_what_is_a_copy_has_the_bytes_of_its_source(project: Project) -> None:
    public = public_objects(project)
    copies = [file for file in public_files(project) if file.source]
    assert {file.kind for file in copies} == {"show cover", "logo", "photo", "audio", "episode cover", "named cover"}
    for file in copies:
        body, _ = project.bucket.get(file.source)
        assert public[file.key] == body
        assert file.size_bytes in (0, len(body))


def test_builds_read_what_is_listed_and_nothing_else(project: Project) -> None:
    """An object that only a withdrawn episode or nobody needs lies there as well, and no copy is made of it."""
    needed = list(needed_objects(project.catalog()))
    stored = {info.key for prefix in (MASTERS, ASSETS) for info in project.bucket.list(prefix)}
    assert {one.key for one in needed} <= stored
    assert {one.kind for one in needed} == {*get_args(PrivateKind)} - {"templates"}
    assert {file.source for file in public_files(project)} - {""} <= {one.key for one in needed}
    owners = {(one.kind, one.owner) for one in needed}
    assert {("audio", SECOND), ("greeted audio", "acme-corp"), ("named cover", "Acme Corp"), ("logo", "")} <= owners
    assert ("audio", "third") not in owners
    assert set(named_cover_objects(project.catalog().named_covers)) <= set(needed)


def test_shared_audio_is_named_by_feeds_and_lies_in_another_folder(project: Project) -> None:
    is_shared = project.catalog().show.audio == "shared"
    named = {file.key for content in contents_of(project) for file in shared_audio(content)}
    assert bool(named) is is_shared
    assert named <= public_objects(project).keys()
    for content in contents_of(project):
        audio = [file for file in copied_files(content) if file.kind == "audio"]
        named_here = {delivery.audio_name for delivery in content.deliveries}
        assert {file.name for file in (*audio, *shared_audio(content))} == named_here
        assert all(file.path == content.feed.path for file in audio)


def test_the_feed_comes_last_and_what_it_names_before_it() -> None:
    chapters = (Chapter(start_s=0.0, title="Hello"),)
    content = a_content(deliveries=(a_delivery(1, episode=an_episode(1, chapters=chapters)),))
    assert [file.kind for file in rendered_files(content)] == ["chapters", "page", "feed"]
    assert [file.kind for file in rendered_files(an_ended_content())] == ["call", "page", "feed"]
    ended = an_ended_content(brand=a_content().brand)  # with no call to action any more
    assert [file.kind for file in rendered_files(ended)] == ["call", "page", "feed"]


def test_replaced_audio_may_stay_and_is_copied_from_nothing() -> None:
    content = a_content(kept=("cut-1a2b3c4d.mp3",))
    (kept,) = [file for file in folder_files(content) if file.kind == "replaced audio"]
    assert kept.key == f"{PUBLIC}{content.feed.path}/cut-1a2b3c4d.mp3"
    assert kept.source == ""


def test_an_episode_whose_audio_was_replaced_keeps_it_beside_the_new(project: Project, tmp_path: Path) -> None:
    shutil.copytree(project.bucket.url, tmp_path / "show")
    project = opened(tmp_path / "show")
    old = project.catalog().episodes[0]
    new = put_draft(project, "r9").master

    def step(catalog: Catalog) -> Catalog:
        replaced = ReplacedAudio(
            recording_sha256="r1",
            repeat=0,
            master_sha256=old.master.sha256,
            audio_revision=0,
            replaced_at=project.now(),
        )
        episode = msgspec.structs.replace(
            catalog.episodes[0],
            master=new,
            audio_revision=1,
            replaced=(replaced,),
            changed_revision=catalog.revision + 1,
        )
        return msgspec.structs.replace(catalog, episodes=(episode, *catalog.episodes[1:]))

    change(project, step, Wish(what="replaced"))
    files = public_files(project)
    assert {file.key for file in files} == what_is_public(project)
    assert "replaced audio" in {file.kind for file in files}
