"""Who writes: an id of one's own and a name, beside labels that earlier versions and scripts wrote."""

import getpass
import socket
from collections.abc import Callable
from dataclasses import replace

import pytest

from pitchcast.errors import CatalogError, UnknownName
from pitchcast.model.steps.publish import last_release
from pitchcast.model.writer import Writer, id_in, is_same_writer, make_writer, may_be_same_person, name_in
from pitchcast.site.attempt import Facts, begin, command
from pitchcast.site.pending import Announcement
from pitchcast.site.project import Project, open_project
from pitchcast.workflows import undo as take_back
from pitchcast.workflows.history import list_revisions
from tests.fixtures.projects import a_project, public_objects, publish_to, put_draft
from tests.fixtures.seaweedfs import StorageUnderTest

ACCOUNT = f"{getpass.getuser()}@{socket.gethostname()}"
LAPTOP = Writer("Zelda Privata", "w-0000000a")
DESKTOP = Writer("Zelda Privata", "w-0000000b")
SAM = Writer("Sam Lee", "w-0000000c")

Opened = Callable[..., Project]


@pytest.fixture
def opened(folder_storage: StorageUnderTest) -> Opened:
    """Open the show as a writer, or under a label that PITCHCAST_USER gives."""

    def open_as(who: Writer | str, **storage_settings: object) -> Project:
        settings = a_project(folder_storage, **storage_settings).settings
        if isinstance(who, str):
            return open_project(settings, {"PITCHCAST_USER": who})
        return open_project(replace(settings, writer=who), {})

    return open_as


@pytest.mark.parametrize(
    ("label", "name", "known"),
    [
        ("Dana Reyes <w-1a2b3c4d>", "Dana Reyes", "w-1a2b3c4d"),
        ("dana@laptop", "dana@laptop", "dana@laptop"),
        ("Dana <dana@acme.example>", "Dana <dana@acme.example>", "Dana <dana@acme.example>"),
        ("<w-1a2b3c4d>", "<w-1a2b3c4d>", "<w-1a2b3c4d>"),
        ("", "", ""),
    ],
)
def test_a_label_is_a_name_and_an_id_or_both_in_one(label: str, name: str, known: str) -> None:
    assert (name_in(label), id_in(label)) == (name, known)


@pytest.mark.parametrize("name", ["Dana", "A <w-00000000> B", "two\nlines", "", "\ud800", "x" * 500, "Zoë Ångström"])
def test_any_name_makes_a_label_that_is_read_again(name: str) -> None:
    made = make_writer(name, "1a2b3c4d")
    label = str(made)
    assert (name_in(label), id_in(label)) == (made.name, "w-1a2b3c4d")
    assert "\n" not in label
    assert label.encode()


def test_names_suggest_the_same_person_and_ids_tell() -> None:
    own = (str(LAPTOP), "zelda@laptop")
    assert is_same_writer("Another Name <w-0000000a>", own)
    assert is_same_writer("zelda@laptop", own)
    assert not is_same_writer(str(DESKTOP), own)
    assert all(may_be_same_person(label, own) for label in (str(DESKTOP), "zelda@desktop", "ZELDA@home.example"))
    assert not any(may_be_same_person(label, own) for label in (str(SAM), "sam@laptop", "", "zelda.b@laptop"))


def test_what_login_and_computer_wrote_is_still_ones_own(opened: Opened) -> None:
    before, now = opened(ACCOUNT, single_writer=True), opened(LAPTOP, single_writer=True)
    publish_to(before, put_draft(before), "Acme Corp")
    assert now.catalog().writer == ACCOUNT
    publish_to(now, put_draft(now, "r2", "Second"), "Acme Corp")
    assert now.catalog().writer == str(LAPTOP), "the one writer goes on under the new label"
    for expected in ("Second", "Cut your bill"):
        attempt, taken = take_back.plan_undo(now)
        assert taken.episode.name == expected
        assert take_back.published_elsewhere_by(now, attempt) == ""
        take_back.undo(now, attempt)


def test_the_one_writer_is_told_by_id_and_shown_by_name(opened: Opened) -> None:
    laptop = opened(LAPTOP, single_writer=True)
    publish_to(laptop, put_draft(laptop), "Acme Corp")
    renamed = opened(Writer("Zelda P.", LAPTOP.id), single_writer=True)
    publish_to(renamed, put_draft(renamed, "r2", "Second"), "Acme Corp")
    for other, said in ((SAM, "one writer, Zelda P., because"), (DESKTOP, "one writer, Zelda P.")):
        project = opened(other, single_writer=True)
        with pytest.raises(CatalogError, match=said):
            publish_to(project, put_draft(project, "r3", "Third"), "Acme Corp")
    shown = list_revisions(laptop)
    assert (shown[0].who, shown[0].writer) == ("Zelda P.", LAPTOP.id)
    assert {one.writer for one in shown} == {LAPTOP.id}


@pytest.mark.parametrize("label", [str(LAPTOP), f"{getpass.getuser()}@another-computer"])
def test_from_another_computer_undo_wants_to_be_sure(opened: Opened, label: str) -> None:
    there, here = opened(label), opened(DESKTOP)
    publish_to(there, put_draft(there), "Acme Corp")
    with pytest.raises(UnknownName) as refused:
        take_back.plan_undo(here)
    assert refused.value.hint.endswith("pitchcast undo cut-your-bill --yes")
    attempt, taken = take_back.plan_undo(here, elsewhere=True)
    assert take_back.published_elsewhere_by(here, attempt) == name_in(label)
    take_back.undo(here, attempt)
    assert taken.episode.name == "Cut your bill"
    assert here.catalog().episodes == ()


def test_a_colleagues_publish_is_never_ones_own(opened: Opened) -> None:
    sam, here = opened(SAM), opened(DESKTOP)
    publish_to(sam, put_draft(sam), "Acme Corp")
    for elsewhere in (False, True):
        with pytest.raises(UnknownName, match="nothing of yours"):
            take_back.plan_undo(here, elsewhere=elsewhere)
    assert last_release(here.catalog(), sam.is_own).episode == "cut-your-bill"


def test_a_command_interrupted_before_there_were_ids_is_gone_on_with(opened: Opened) -> None:
    before, now, sam = opened(ACCOUNT), opened(LAPTOP), opened("sam@desk")
    publish_to(before, put_draft(before), "Acme Corp")
    typed = command("feeds rotate", who=["acme-corp"])
    catalog = before.catalog()
    attempt = begin(before, typed, catalog, lambda _found: Facts(subject="acme-corp"), Facts)
    record = Announcement(before, attempt.draft(before.who, "rotated", before.now()))
    record.put([catalog.feeds[0].path])
    record.give_up()
    again = begin(now, typed, catalog, lambda _found: Facts(subject="acme-corp"), Facts)
    assert (again.resumes, again.id) == (True, attempt.id)
    assert not begin(sam, typed, catalog, lambda _found: Facts(subject="acme-corp"), Facts).resumes


def test_a_writers_name_stays_out_of_what_is_public(opened: Opened) -> None:
    project = opened(LAPTOP)
    publish_to(project, put_draft(project), "Acme Corp", public=True)
    attempt, _ = take_back.plan_undo(project)
    publish_to(project, put_draft(project, "r2", "Second"), "Beta AG")
    for key, body in public_objects(project).items():
        for secret in (LAPTOP.name, LAPTOP.id, "Privata"):
            assert secret.encode() not in body, key
            assert secret not in key
    assert attempt.facts.release
