"""Ids of CRMs: whose kind is meant by a word, and when two of them are one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitchcast.errors import UsageError
from pitchcast.model.external_ids import IdKind, RecordId, kind_in, parse_id_kind, record_id
from pitchcast.model.naming import compare_form


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        pytest.param("Record ID - Contact", "contact", id="HubSpot contacts"),
        pytest.param("Record ID - Company", "company", id="HubSpot companies"),
        pytest.param("Record ID - Deal", "deal", id="HubSpot deals"),
        pytest.param("Person - ID", "contact", id="Pipedrive persons"),
        pytest.param("Organization - ID", "company", id="Pipedrive organizations"),
        pytest.param("Contact Id", "contact", id="Zoho contacts"),
        pytest.param("AccountId", "company", id="Salesforce accounts"),
        pytest.param("Opportunity ID (18)", "deal", id="Salesforce opportunities"),
        pytest.param("Lead ID", "lead", id="Salesforce leads"),
        pytest.param("Kundennummer", "other", id="a number of one's own"),
        pytest.param("Record ID", "", id="it says nothing"),
        pytest.param("Contact's account id", "", id="it says two"),
    ],
)
def test_headers_say_the_kind(header: str, kind: IdKind) -> None:
    assert kind_in(compare_form(header)) == kind


def test_a_kind_has_each_system_s_word() -> None:
    assert [parse_id_kind(word) for word in ("Person", "account", "Organisation", "OPPORTUNITY", "lead")] == [
        "contact",
        "company",
        "company",
        "deal",
        "lead",
    ]
    with pytest.raises(UsageError, match="“ticket” is no kind of ids") as caught:
        parse_id_kind("ticket")
    assert "contact, company, deal, lead, other" in caught.value.hint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("001A0000006Vm9r", "001A0000006Vm9rIAC", id="15 and 18 characters"),
        pytest.param("001A0000006Vm9rIAC", "001a0000006vm9riac", id="18 characters whose case was lost"),
        pytest.param("003000000000001", "003000000000001AAA", id="digits alone"),
    ],
)
def test_two_forms_of_a_salesforce_id_are_one(one: str, other: str) -> None:
    assert record_id(one, "") == record_id(other, "")


@pytest.mark.parametrize(
    ("external_id", "kind"),
    [
        pytest.param("001A0000006Vm9r", "company", id="account"),
        pytest.param("003A0000006Vm9r", "contact", id="contact"),
        pytest.param("00QA0000006Vm9r", "lead", id="lead"),
        pytest.param("006A0000006Vm9rIAC", "deal", id="opportunity"),
        pytest.param("005A0000006Vm9r", "other", id="a user: not among them"),
        pytest.param("001234567890123456", "other", id="a number of 18 digits"),
        pytest.param("001-000-000-000", "other", id="with hyphens"),
        pytest.param("101", "other", id="anything else"),
    ],
)
def test_a_salesforce_id_says_its_kind_itself(external_id: str, kind: IdKind) -> None:
    assert record_id(external_id, "other").kind == kind


def test_fifteen_characters_that_differ_by_case_are_two() -> None:
    assert record_id("003A0000006Vm9r", "") != record_id("003A0000006vm9r", "")


def test_nothing_has_no_kind() -> None:
    assert record_id("", "contact") == RecordId("", "")


@given(st.text("0123456789ABCXYZabcxyz", min_size=12, max_size=12), st.sampled_from(["001", "003", "006", "00Q"]))
def test_the_one_form_is_stable_and_holds_the_fifteen(rest: str, prefix: str) -> None:
    whole = record_id(prefix + rest, "").id
    assert whole[:15] == prefix + rest
    assert record_id(whole, "").id == record_id(whole.lower(), "").id == record_id(whole.upper(), "").id == whole


@given(st.text(max_size=20))
def test_whatever_is_given_the_form_is_stable(text: str) -> None:
    once = record_id(text, "contact")
    assert record_id(once.id, once.kind) == once
