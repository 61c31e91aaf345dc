"""Lists for a CRM, against what its importer is documented to match, take and overwrite; read as it reads them."""

import codecs
import csv
import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitchcast.crm.export import (
    CrmRows,
    Target,
    render_by_email,
    render_by_id,
    render_export,
    render_without_key,
    sort_by_key,
)
from pitchcast.errors import CatalogError
from pitchcast.model.answers.feeds import ExportedFeed, ExportedProspect
from pitchcast.model.external_ids import IdKind

TOKEN = "abcdefghijklmnopqrstuvwxyz"
PAGE = f"https://listen.example.com/{TOKEN}/index.html"

# HubSpot, “Set up import files” and “Deduplicate records”: .csv in UTF-8, one header row, fewer than 1,000 columns, at
# most 1,048,576 rows and 512 MB (20 MB in free accounts). Contacts are found by Record ID or Email, all other records
# by Record ID, a whole number. With both columns, an address that is a secondary one becomes the primary one.
HUBSPOT_OWN = ["Pitchcast page", "Pitchcast state"]
# Salesforce, “Prepare CSV Files” (Bulk API 2.0) and “Define Data Loader Field Mappings”: UTF-8, headers are names of
# fields, __c for those of one's own, all rows of one object, an update needs Id (15 or 18 characters), at most 100 MB.
# A value of a URL field has at most 255 characters. A field without a column is left alone.
SALESFORCE_OWN = ["Pitchcast_Page__c", "Pitchcast_State__c"]
URL_FIELD = 255

NAMES = ("Zoë Müller", "Łukasz Żak", "Иван Петров", "Γιώργος", "محمد علي", "שרה כהן", "王小明", "山田 太郎", "김민준")


def a_feed(external_id: str = "", email: str = "", kind: IdKind = "", name: str = "Jo", **more: object) -> ExportedFeed:
    prospect = ExportedProspect(id="jo", name=name, external_id=external_id, email=email, external_id_kind=kind)
    values = {"access": "private", "state": "active", "feed_url": "", "page_url": PAGE, "expires": None, **more}
    return ExportedFeed(prospect=prospect, **values)  # type: ignore[arg-type]


def as_importers_read(body: bytes) -> list[dict[str, str]]:
    """Return the rows of a file as an importer reads it: strict UTF-8, past the mark, by its headers."""
    assert body.startswith(codecs.BOM_UTF8)
    text = body.decode("utf-8-sig", errors="strict")
    assert "\ufffd" not in text
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def by_key(target: Target, kind: IdKind, *feeds: ExportedFeed) -> CrmRows:
    return sort_by_key(feeds, target, kind, everybody=feeds)


def test_hubspot_updates_records_by_their_ids_and_only_two_properties_of_ones_own() -> None:
    feeds = [a_feed(str(101 + n), f"p{n}@x.example", "contact", name) for n, name in enumerate(NAMES)]
    read = as_importers_read(render_by_id(by_key("hubspot", "contact", *feeds)))
    assert [list(row) for row in read] == [["Record ID", *HUBSPOT_OWN]] * len(NAMES)
    assert all(re.fullmatch(r"[0-9]+", row["Record ID"]) for row in read)
    assert {(row["Pitchcast page"], row["Pitchcast state"]) for row in read} == {(PAGE, "active")}


def test_hubspot_finds_contacts_without_an_id_by_address_in_a_file_that_holds_no_ids() -> None:
    feeds = [a_feed("101", "a@x.example", "contact"), a_feed("", "b@x.example", name="Zoë")]
    read = as_importers_read(render_by_email(by_key("hubspot", "contact", *feeds)))
    assert read == [{"Email": "b@x.example", "Pitchcast page": PAGE, "Pitchcast state": "active"}]


def test_salesforce_updates_records_of_one_object_by_ids_of_18_characters() -> None:
    feeds = [
        a_feed("0031234567890Ab", kind="contact"),
        a_feed("0031234567890AbAAA", kind="contact"),
        a_feed("0011234567890AbAAA", kind="company"),
        a_feed("00Q1234567890AbAAA", kind="lead"),
    ]
    rows = by_key("salesforce", "contact", *feeds)
    read = as_importers_read(render_by_id(rows))
    assert [list(row) for row in read] == [["Id", *SALESFORCE_OWN]] * 2
    assert {len(row["Id"]) for row in read} == {18}
    assert {row["Id"][:3] for row in read} == {"003"}
    assert rows.others == 2
    assert max(len(row["Pitchcast_Page__c"]) for row in read) <= URL_FIELD


@pytest.mark.parametrize("target", ["hubspot", "salesforce"])
def test_the_state_of_a_link_is_a_word_that_a_picklist_can_hold(target: Target) -> None:
    feeds = [a_feed(**more) for more in ({}, {"state": "revoked"}, {"suspended_until": "2099-01-01"})]
    own = HUBSPOT_OWN if target == "hubspot" else SALESFORCE_OWN
    ids = ("101", "102", "103") if target == "hubspot" else tuple(f"003123456789{n}AbAAA" for n in range(3))
    with_ids = [
        a_feed(i, kind="contact", state=f.state, suspended_until=f.suspended_until)
        for i, f in zip(ids, feeds, strict=True)
    ]
    read = as_importers_read(render_by_id(by_key(target, "contact", *with_ids)))
    assert [row[own[1]] for row in read] == ["active", "revoked", "suspended"]


@pytest.mark.parametrize(
    ("feed", "kind", "reason"),
    [
        pytest.param(a_feed(), "contact", "neither an id nor an e-mail address", id="nothing"),
        pytest.param(a_feed("x-7"), "contact", "neither an id", id="an id that is none of HubSpot's"),
        pytest.param(a_feed("", "-jo@x.example"), "contact", "as a formula does", id="an address behind an apostrophe"),
        pytest.param(a_feed("", "jo@x.example"), "company", "no id of a company", id="a company has no address"),
        pytest.param(
            a_feed("101", "jo@x.example"), "contact", "of what kind", id="an id of a kind that nobody has said"
        ),
    ],
)
def test_what_no_importer_finds_is_told_apart_with_the_reason(feed: ExportedFeed, kind: IdKind, reason: str) -> None:
    rows = by_key("hubspot", kind, feed, a_feed("1", kind=kind))
    assert (len(rows.by_id), rows.by_email) == (1, ())
    (row,) = as_importers_read(render_without_key(rows))
    assert reason in row["reason"]
    assert row["page"] == PAGE


def test_an_address_that_several_have_finds_nobody() -> None:
    rows = by_key("hubspot", "contact", a_feed("", "a@x.example"), a_feed("", "A@x.example"))
    assert [reason for _, reason in rows.without_key] == ["others have its e-mail address too"] * 2


def test_ids_of_several_kinds_are_never_mixed() -> None:
    feeds = [a_feed("101", kind="contact"), a_feed("101", kind="company"), a_feed("5")]
    with pytest.raises(CatalogError, match="1 without a kind, 1 company, 1 contact") as caught:
        by_key("hubspot", "", *feeds)
    assert "--id-kind company" in caught.value.hint
    assert by_key("hubspot", "", *feeds[:1]).by_id == tuple(feeds[:1])
    assert by_key("hubspot", "", *feeds[2:]).by_id == tuple(feeds[2:]), "where all are alike, they are of one kind"
    with pytest.raises(CatalogError, match="of several kinds"):
        sort_by_key(feeds[1:2], "hubspot", everybody=feeds)
    other = a_feed("102", "o@x.example", "other")
    assert by_key("hubspot", "", feeds[0], other).by_email == (other,), "its number is no record of the CRM"


TEXTS = st.text(st.sampled_from("=+-@\t\r\n,;|'\" aü1"), max_size=10)
FEEDS = st.lists(
    st.builds(a_feed, st.sampled_from(["", "101", "102", "x", "=1"]), TEXTS, st.sampled_from(["", "contact"]), TEXTS),
    max_size=8,
)


@settings(max_examples=150)
@given(FEEDS, st.sampled_from(["hubspot", "salesforce"]))
def test_every_feed_is_in_one_list_and_no_cell_of_any_is_a_formula(feeds: list[ExportedFeed], target: Target) -> None:
    rows = by_key(target, "contact", *feeds)
    assert len(rows.by_id) + len(rows.by_email) + len(rows.without_key) + rows.others == len(feeds)
    assert [row["Email"] for row in as_importers_read(render_by_email(rows))] == [
        f.prospect.email for f in rows.by_email
    ]
    for body in (render_by_id(rows), render_by_email(rows), render_without_key(rows), render_export(feeds)):
        text = body.decode("utf-8-sig")
        for separator in ",;\t":
            cells = [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in row]
            assert not [cell for cell in cells if cell.lstrip(" \t\r\n").startswith(("=", "+", "-", "@"))]
