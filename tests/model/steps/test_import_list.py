"""A list's rows become prospects: who is meant, what ids newcomers get, who is missing."""

import random
import sys
from types import FrameType

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitchcast.model.catalog import Catalog, find_feed
from pitchcast.model.contents import concerned_paths
from pitchcast.model.prospect import Prospect
from pitchcast.model.show import Brand
from pitchcast.model.steps.import_list import Entry, Imported, Rejected, import_entries, kindless, settle_kinds
from pitchcast.model.token import make_token
from tests.model.test_catalog import an_empty_catalog, committed, new_token


def imported(catalog: Catalog, *entries: Entry, rejected: tuple[Rejected, ...] = ()) -> Imported:
    return import_entries(catalog, entries, rejected, new_token)


def after(catalog: Catalog, *entries: Entry) -> Catalog:
    return committed(imported(catalog, *entries).catalog)


def the(catalog: Catalog, prospect_id: str) -> Prospect:
    return next(prospect for prospect in catalog.prospects if prospect.id == prospect_id)


def reasons(came: Imported) -> list[tuple[int, str]]:
    return [(one.row, one.reason) for one in came.rejected]


def test_rows_become_prospects_with_empty_feeds_of_their_own() -> None:
    came = imported(an_empty_catalog(), Entry(2, "Acme", "1", "a@x.example"), Entry(3, "Umbrella", "2"))
    assert came.created == ("acme", "umbrella")
    assert len({feed.path for feed in came.catalog.feeds}) == 2
    assert all(feed.releases == () for feed in came.catalog.feeds)
    assert the(came.catalog, "acme").email == "a@x.example"


def test_the_same_list_again_changes_nothing() -> None:
    entries = (
        Entry(2, "Acme", "1", "a@x.example", segments=("eu",)),
        Entry(3, "No Id", "", "b@x.example"),
        Entry(4, "Bare"),
    )
    catalog = after(an_empty_catalog(), *entries)
    came = imported(catalog, *entries)
    assert came.catalog is catalog
    assert len(came.unchanged) == 3
    assert came.created == came.updated == came.rejected == ()


def test_equal_names_are_numbered_by_external_id_whatever_the_order_of_rows() -> None:
    rows = [Entry(2, "Acme", "10"), Entry(3, "ACME!", "9"), Entry(4, "Acme", ""), Entry(5, "Acme", "", "a@x.example")]
    for _ in range(5):
        random.Random(1).shuffle(rows)
        catalog = imported(an_empty_catalog(), *rows).catalog
        ids = {(p.external_id, p.email): p.id for p in catalog.prospects}
        assert ids == {("9", ""): "acme", ("10", ""): "acme-2", ("", ""): "acme-3", ("", "a@x.example"): "acme-4"}


def test_an_id_that_is_taken_is_passed_over() -> None:
    catalog = after(an_empty_catalog(), Entry(2, "Acme 2", "1"), Entry(3, "Public", "2"))
    assert [p.id for p in catalog.prospects] == ["acme-2", "public-2"]
    catalog = after(catalog, Entry(2, "Acme", "3"), Entry(3, "Acme", "4"))
    assert [p.id for p in catalog.prospects][2:] == ["acme", "acme-3"]


@pytest.mark.parametrize(
    ("entry", "meant"),
    [
        pytest.param(Entry(2, "Other Name", "1"), "acme", id="by external id"),
        pytest.param(Entry(2, "Other Name", "", "B@X.example"), "umbrella", id="by address, whatever its case"),
        pytest.param(Entry(2, "Other Name", "77", "b@x.example"), "umbrella", id="by address, which has no id yet"),
        pytest.param(Entry(2, "bare corp."), "bare-corp", id="by name, where the row has nothing else"),
        pytest.param(Entry(2, "Bare Corp", "5"), "", id="not by name where it has an id: this may be another company"),
        pytest.param(Entry(2, "Acme", "9"), "", id="not by name: the other one has another id"),
    ],
)
def test_whom_a_row_means(entry: Entry, meant: str) -> None:
    catalog = after(
        an_empty_catalog(), Entry(2, "Acme", "1"), Entry(3, "Umbrella", "", "b@x.example"), Entry(4, "Bare Corp")
    )
    came = imported(catalog, entry)
    assert (came.updated or came.unchanged) == ((meant,) if meant else ())
    assert len(came.created) == (0 if meant else 1)


def test_what_the_list_has_a_column_for_is_taken_from_it_and_the_rest_stays() -> None:
    catalog = after(
        an_empty_catalog(),
        Entry(2, "Acme", "1", "a@x.example", company="Acme Corp", language="de", segments=("eu", "retail")),
    )
    catalog = after(catalog, Entry(2, "Acme AG", "", "a@x.example", company="", segments=("fintech",)))
    assert the(catalog, "acme") == Prospect(
        "acme", "Acme AG", company="", email="a@x.example", external_id="1", language="de", segments=("fintech",)
    )


def test_only_feeds_that_look_different_are_built_again() -> None:
    catalog = after(an_empty_catalog(), Entry(2, "Acme", "1"), Entry(3, "Umbrella", "2"))
    changed = imported(catalog, Entry(2, "Acme", "1", "new@x.example"), Entry(3, "Umbrella Corp", "2")).catalog
    feed = find_feed(changed, "umbrella")
    assert feed is not None
    assert concerned_paths(catalog, changed) == [feed.path]


def test_rows_that_contradict_are_turned_down() -> None:
    catalog = after(an_empty_catalog(), Entry(2, "Acme", "1", "a@x.example"), Entry(3, "Umbrella", "2", "b@x.example"))
    came = imported(
        catalog,
        Entry(2, "New", "7", "new@x.example"),
        Entry(3, "Same id", "7"),
        Entry(4, "Same address", "8", "NEW@x.example"),
        Entry(5, "Acme", "1", "b@x.example"),
        Entry(6, "Stranger", "9", "a@x.example"),
        Entry(7, "Bare"),
        Entry(8, "bare"),
        Entry(9, "Umbrella", "2"),
        Entry(10, "Umbrella", "", "b@x.example"),
    )
    assert reasons(came) == [
        (3, "its external id is that of row 2"),
        (4, "its e-mail address is that of row 2"),
        (5, "its external id means acme, its e-mail address umbrella"),
        (6, "its e-mail address is that of acme, whose external id is 1"),
        (8, "its name, and neither has an external id or e-mail address, is that of row 7"),
        (10, "its e-mail address is that of row 5"),
    ]
    assert came.created == ("new", "bare")
    assert came.unchanged == ("umbrella",)


def test_missing_are_those_whom_the_list_could_have_named() -> None:
    catalog = after(
        an_empty_catalog(),
        Entry(2, "Acme", "1"),
        Entry(3, "Umbrella", "2", "u@x.example"),
        Entry(4, "Address", "", "a@x.example"),
        Entry(5, "Bare"),
    )
    assert imported(catalog, Entry(2, "Acme", "1")).missing == ("umbrella",), "others never came from a CRM with ids"
    assert imported(catalog, Entry(2, "Address", "", "a@x.example")).missing == ("umbrella",)
    assert set(imported(catalog, Entry(2, "Bare")).missing) == {"acme", "umbrella", "address"}
    turned_down = Rejected(3, "it has no name", "2")
    assert imported(catalog, Entry(2, "Acme", "1"), rejected=(turned_down,)).missing == (), "a bad row is no absence"
    assert imported(catalog).missing == ("acme", "umbrella", "address", "bare")


def test_the_same_number_of_another_kind_is_somebody_else() -> None:
    catalog = after(an_empty_catalog(), Entry(2, "Jo Doe", "101", "jo@x.example", external_id_kind="contact"))
    came = imported(catalog, Entry(2, "Zenith", "101", external_id_kind="company"))
    assert came.created == ("zenith",)
    assert came.missing == (), "a list of companies lacks no contact"
    assert the(came.catalog, "jo-doe") == the(catalog, "jo-doe")
    both = (Entry(2, "Jo Doe", "7", external_id_kind="contact"), Entry(3, "Acme", "7", external_id_kind="company"))
    assert imported(an_empty_catalog(), *both).created == ("jo-doe", "acme")


def test_two_forms_of_a_salesforce_id_mean_one_prospect_who_stays_as_they_are() -> None:
    catalog = after(an_empty_catalog(), Entry(2, "Acme", "1"))
    short = msgspec.structs.replace(the(catalog, "acme"), external_id="001A0000006Vm9r")
    catalog = msgspec.structs.replace(catalog, prospects=(short,))
    for form in ("001A0000006Vm9r", "001A0000006Vm9rIAC", "001a0000006vm9riac"):
        came = imported(catalog, Entry(2, "Acme", form))
        assert (came.unchanged, came.unsure) == (("acme",), ())
    assert the(imported(an_empty_catalog(), Entry(2, "New", "001A0000006Vm9r")).catalog, "new").record == short.record


def test_a_kind_on_one_side_only_is_unsure_until_somebody_says_it() -> None:
    catalog = after(an_empty_catalog(), Entry(2, "Jo", "101"), Entry(3, "Ana", "102"), Entry(4, "Bare"))
    rows = (Entry(2, "Jo", "101", external_id_kind="contact"), Entry(3, "New", "103", external_id_kind="contact"))
    came = imported(catalog, *rows)
    assert came.unsure == ((2, "contact", "jo", ""),)
    assert len(came.rejected) == 1
    settled = settle_kinds(catalog, kindless(catalog), "contact")
    assert [p.external_id_kind for p in settled.prospects] == ["contact", "contact", ""]
    came = imported(settled, *rows)
    assert (came.unchanged, came.created, came.unsure) == (("jo",), ("new",), ())
    assert imported(settled, Entry(2, "Ana", "102")).unsure == ((2, "", "ana", "contact"),)
    companies = settle_kinds(catalog, kindless(catalog), "company")
    assert imported(companies, *rows).created == ("jo-2", "new")


def test_an_address_of_somebody_with_an_id_of_another_kind_contradicts() -> None:
    catalog = after(an_empty_catalog(), Entry(2, "Acme", "101", "a@x.example", external_id_kind="company"))
    came = imported(catalog, Entry(2, "Jo", "101", "a@x.example", external_id_kind="contact"))
    assert reasons(came) == [(2, "its e-mail address is that of acme, whose external id is company 101")]


def test_revoked_prospects_stay_revoked_and_are_named() -> None:
    catalog = after(an_empty_catalog(), Entry(2, "Acme", "1"))
    revoked = tuple(msgspec.structs.replace(feed, state="revoked") for feed in catalog.feeds)
    catalog = msgspec.structs.replace(catalog, feeds=revoked)
    came = imported(catalog, Entry(2, "Acme", "1"))
    assert came.revoked == ("acme",)
    assert came.catalog is catalog
    assert imported(catalog, Entry(2, "Other", "2")).missing == ()


def test_namesakes_without_anything_else_are_named() -> None:
    catalog = after(an_empty_catalog(), Entry(2, "Acme Corp"))
    assert imported(catalog, Entry(2, "ACME Corp", "1")).namesakes == ("acme-corp",)


NAMES = st.sampled_from(["Acme", "acme", "Acme 2", "Ümlaut", "北京", "Public", "con", "Acme-2"])
ENTRIES = st.lists(
    st.builds(
        Entry,
        row=st.just(0),
        name=NAMES,
        external_id=st.sampled_from(["", "1", "2", "10", "a3"]),
        email=st.sampled_from([None, "", "a@x.example", "b@x.example"]),
        external_id_kind=st.sampled_from(["", "contact", "company"]),
    ),
    max_size=8,
).map(lambda entries: [msgspec.structs.replace(entry, row=row) for row, entry in enumerate(entries, 2)])


@given(ENTRIES, ENTRIES)
def test_whatever_the_lists_every_row_is_counted_once_and_ids_are_unique(one: list[Entry], two: list[Entry]) -> None:
    catalog = an_empty_catalog()
    for entries in (one, two):
        came = imported(catalog, *entries)
        counted = len(came.created) + len(came.updated) + len(came.unchanged) + len(came.rejected)
        assert counted == len(entries)
        before, catalog = catalog, committed(came.catalog)
        ids = [prospect.id for prospect in catalog.prospects]
        assert len(ids) == len(set(ids))
        assert ids == [feed.prospect for feed in catalog.feeds]
        assert ids[: len(before.prospects)] == [prospect.id for prospect in before.prospects]
        addresses = [p.email.casefold() for p in catalog.prospects if p.email]
        assert len(addresses) == len(set(addresses))


def test_the_work_grows_with_the_number_of_rows_also_where_all_names_are_equal() -> None:
    """Lines that run are counted, not seconds: other work on the machine does not matter."""
    chance = random.Random(1)

    def lines_run(count: int) -> int:
        entries = [Entry(row, "Acme", str(row)) for row in range(count)]
        lines = 0

        def trace(_frame: FrameType, event: str, _argument: object) -> object:
            nonlocal lines
            lines += event == "line"
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            came = import_entries(an_empty_catalog(), entries, (), lambda: make_token(chance.randbytes(17)))
        finally:
            sys.settrace(before)
        assert len(came.created) == count
        return lines

    assert lines_run(2_000) < 24 * lines_run(250), "quadratic would be 64 times"


def test_another_company_changes_what_speaks_to_its_team_and_nothing_else() -> None:
    for address, concerned in (("team", True), ("person", False)):
        catalog = after(an_empty_catalog(), Entry(2, "Jo Doe", "1", company="Acme"))
        catalog = msgspec.structs.replace(catalog, brand=Brand(address=address))
        moved = after(catalog, Entry(2, "Jo Doe", "1", company="Umbrella"))
        assert bool(concerned_paths(catalog, moved)) is concerned


def test_a_list_may_say_whom_to_speak_to() -> None:
    catalog = after(an_empty_catalog(), Entry(2, "Jo Doe", "1", company="Acme", address="team"))
    assert catalog.prospects[0].address == "team"
    kept = after(catalog, Entry(2, "Jo Doe", "1", company="Acme"))
    assert kept.prospects == catalog.prospects
    changed = after(catalog, Entry(2, "Jo Doe", "1", company="Acme", address="person"))
    assert concerned_paths(catalog, changed) == [catalog.feeds[0].path]
