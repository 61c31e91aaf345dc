"""Which column of a list is what: the headers of CRMs' and address books' exports, generic ones, or those named."""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import NamedTuple

from pitchcast.errors import TableError, UsageError
from pitchcast.model.naming import compare_form
from pitchcast.model.steps.import_list import FIELD_WORDS
from pitchcast.model.text import first_few

_HEADERS: Mapping[str, tuple[str, ...]] = {
    "external_id": (
        *("external id", "externalid", "crm id", "pitchcast external id"),
        *("record id contact", "contact id 18", "contact id", "contactid", "lead id 18", "lead id", "leadid"),
        *("record id company", "record id deal", "record id", "hs object id", "vid", "id"),
        *("account id 18", "account id", "accountid", "company id", "customer id", "kundennummer"),
        *("person id", "organization id", "organisation id", "deal id"),  # Pipedrive
    ),
    "external_id_kind": ("external id kind", "id kind"),
    "name": (
        *("name", "full name", "fullname", "contact name", "contact", "prospect name", "prospect", "lead name"),
        *("display name", "customer", "customer name", "kunde"),
        *("person name", "deal contact person"),  # Pipedrive
    ),
    "first_name": ("first name", "firstname", "given name", "forename", "vorname", "prenom", "person first name"),
    "last_name": ("last name", "lastname", "surname", "family name", "nachname", "nom", "person last name"),
    "email": (
        *("email", "e mail", "email address", "e mail address", "emailaddress", "work email", "mail", "e mail adresse"),
        *("e mail 1 value", "email 1 value"),  # Google Contacts
        *("person email work", "person email", "person email home", "person email other"),  # Pipedrive
    ),
    "company": (
        *("company", "company name", "companyname", "account name", "account", "company account"),
        *("primary associated company", "associated company", "organisation", "organization", "employer", "firma"),
        *("organization name", "organisation name", "organization 1 name"),  # Google Contacts, Pipedrive
        *("person organization", "deal organization"),
    ),
    "language": ("language", "preferred language", "hs language", "locale", "lang", "sprache"),
    "segments": (
        *("segments", "segment", "tags", "tag", "labels", "label", "lists", "schlagworte"),
        *("person labels", "person label", "group membership"),  # Pipedrive, Google Contacts
    ),
    "address": ("pitchcast address", "speak to"),  # a mere "address" is where somebody lives
}
"""For each field, the headers it is known by, as compare_form shows them; the first that is there counts."""

FIELDS = tuple(_HEADERS)
_SHOWN, _SHOWN_LETTERS = 40, 100
_SEVERAL = ("name", "segments")  # fields that may be put together from several columns


class Columns(NamedTuple):
    """Where each field stands: numbers of columns, counted from 0; a field that the list lacks has none."""

    external_id: tuple[int, ...] = ()
    name: tuple[int, ...] = ()
    first_name: tuple[int, ...] = ()
    last_name: tuple[int, ...] = ()
    email: tuple[int, ...] = ()
    company: tuple[int, ...] = ()
    language: tuple[int, ...] = ()
    segments: tuple[int, ...] = ()
    external_id_kind: tuple[int, ...] = ()
    address: tuple[int, ...] = ()

    def named(self, header: Sequence[str]) -> dict[str, str]:
        """Return which header each field was found under, for people."""
        return {field: " + ".join(header[n] for n in numbers) for field, numbers in self._asdict().items() if numbers}

    def called(self, header: Sequence[str]) -> dict[str, str]:
        """Return what messages call each field: by its header too, where that reads otherwise."""
        headers = self.named(header)
        said = dict(FIELD_WORDS)
        for field, words in FIELD_WORDS.items():
            if compare_form(headers.get(field, words)) != compare_form(words):
                said[field] = f"{words} (column “{headers[field][:_SHOWN_LETTERS]}”)"
        return said


def find_columns(header: Sequence[str], mapping: Sequence[str], where: str) -> Columns:
    """Return where each field stands. *mapping* holds ``field=Header`` as given on the command line.

    A list without any column for a name takes the company's. Raises UsageError where the mapping is none, TableError
    where a header is not there or appears twice, or no column holds names.
    """
    forms = [compare_form(cell) for cell in header]
    chosen = _mapped(header, forms, mapping, where)
    for field, known in _HEADERS.items():
        form = next((known_form for known_form in known if known_form in forms), None)
        if field not in chosen and form is not None:
            chosen[field] = (_only(forms, form, header, where),)
    if not _holds_names(chosen) and chosen.get("company"):
        chosen["name"] = chosen["company"]
    if not _holds_names(chosen):
        raise TableError(
            f"{where} has no column for names; its columns are {_listed(header)}",
            hint='Say which one holds them, --map name="Company name", or which row has the headers: --header-row 3.',
        )
    return Columns(**chosen)


def find_header(header: Sequence[str], wanted: str, where: str) -> int:
    """Return the number of the column with that header. Raises TableError where none has it, or several have."""
    return _find(header, [compare_form(cell) for cell in header], wanted, where)


def recognised_fields(forms: Set[str]) -> set[str]:
    """Return the fields of which a header is among *forms*, which are as compare_form shows them."""
    return {field for field, known in _HEADERS.items() if not forms.isdisjoint(known)}


def mapped_headers(mapping: Iterable[str]) -> set[str]:
    """Return the headers that are named on the command line, as compare_form shows them."""
    return {form for one in mapping if (form := compare_form(one.partition("=")[2]))}


def _holds_names(chosen: Mapping[str, tuple[int, ...]]) -> bool:
    return any(chosen.get(field) for field in ("name", "first_name", "last_name"))


def _mapped(
    header: Sequence[str], forms: Sequence[str], mapping: Iterable[str], where: str
) -> dict[str, tuple[int, ...]]:
    chosen: dict[str, tuple[int, ...]] = {}
    for one in mapping:
        field, equals, wanted = one.partition("=")
        field = field.strip().lower().replace("-", "_").replace(" ", "_")
        if field not in _HEADERS or not equals:
            raise UsageError(
                f"--map “{one}” names no field", hint=f'Write --map name="Company name"; fields: {", ".join(FIELDS)}.'
            )
        if field in chosen and field not in _SEVERAL:
            raise UsageError(f"--map gives {field} twice", hint=f"Only {' and '.join(_SEVERAL)} may take several.")
        if not wanted.strip():
            chosen[field] = ()  # the list has such a column, but it is not meant
            continue
        number = _find(header, forms, wanted, where)
        chosen[field] = (*chosen.get(field, ()), number)
    return chosen


def _find(header: Sequence[str], forms: Sequence[str], wanted: str, where: str) -> int:
    exact = [number for number, cell in enumerate(header) if cell == wanted.strip()]
    if len(exact) == 1:
        return exact[0]
    if not compare_form(wanted) or compare_form(wanted) not in forms:
        raise TableError(
            f"{where} has no column “{wanted}”; its columns are {_listed(header)}",
            hint="Write the column's header after --map FIELD= as it stands in the list.",
        )
    return _only(forms, compare_form(wanted), header, where)


def _only(forms: Sequence[str], form: str, header: Sequence[str], where: str) -> int:
    found = [number for number, one in enumerate(forms) if one == form]
    if len(found) > 1:
        raise TableError(
            f"{where} has {len(found)} columns called “{header[found[0]]}”", hint="Rename all but one of them."
        )
    return found[0]


def _listed(header: Sequence[str]) -> str:
    """Return the headers, of very many or long ones the beginning."""
    named = [f"“{cell[:_SHOWN_LETTERS]}”" for cell in header if cell]
    return first_few(named, _SHOWN) or "without headers"
