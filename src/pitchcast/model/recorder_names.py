"""File names that a recorder made, not a person: “New Recording 12”, “AUD-20260101-WA0003”, “Bahnhofstrasse 5”.

A prospect must not read one as a title. Phones name recordings after the place where they were made, so a street is one
too. Where it cannot be told, the name counts as a person's.
"""

import re

from pitchcast.model.naming import compare_form


def _words(text: str) -> frozenset[str]:
    return frozenset(compare_form(text).split())


_WORDS = _words(
    # what recorders, phones and messengers call a recording, in the languages that they speak
    "recording recordings recorded rec record recorder audio aud sound voice memo memos note notes message msg clip"
    " track track file new untitled unnamed unknown standard my default sample test dictation dictaphone podcast"
    " aufnahme aufnahmen neue sprachmemo sprachmemos sprachaufnahme sprachaufzeichnung sprachnachricht aufzeichnung"
    " tonaufnahme diktat memo datei unbenannt ohne titel"
    " enregistrement enregistrements nouvel nouveau nouvelle vocal vocale dictaphone sans titre message piste"
    " grabacion grabaciones nueva nuevo voz nota notas de sin titulo mensaje"
    " registrazione registrazioni nuova memo vocali vocale nota senza titolo messaggio traccia"
    " gravacao gravacoes nova gravador mensagem sem titulo"
    " opname opnames nieuwe geluidsopname spraakmemo spraakopname naamloos"
    " nagranie nowe nagrania dyktafon glosowe notatka inspelning ny rostmemo optagelse opptak lydopptak talememo"
    " tallenne uusi aanite aanitallenne nahravka zaznam kayit yeni ses kaydi felvetel uj snimka inregistrare"
    " запись новая диктофон аудио голосовое сообщение запис нова 录音 新录音 新建录音 錄音 新錄音 録音 新規録音 新規"
    " 녹음 새로운 음성 ボイスメモ レコーディング"
    # devices and programs
    " ptt wa whatsapp signal telegram discord slack teams gmt zoom meet vn vm vr ste dm ds dr dss tascam olympus sony"
    " icd n mix mono stereo img vid mvi mov dsc pxl dji gopr gopro screen screenrecording capture"
    " quicktime garageband audacity export output out master final raw edit edited cut copy kopie copie copia"
    " download converted konvertiert video movie meeting call anruf appel"
    # dates and times
    " at um a as am pm uhr h t z v monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun"
    " montag dienstag mittwoch donnerstag freitag samstag sonntag lundi mardi mercredi jeudi vendredi samedi dimanche"
    " january february march april may june july august september october november december"
    " jan feb mar apr jun jul aug sep sept oct nov dec januar februar marz mai juni juli oktober dezember dez okt"
    " janvier fevrier mars avril juin juillet aout septembre octobre novembre decembre"
    " enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre today heute"
)
_MAY_BE_A_TITLE = _words(
    "podcast meeting call test sample march may mars final master video movie message note notes clip new out output"
    " cut edit copy raw a h n t v z"
)
"""Words that count only beside another of the words, or a number."""

_PLACES = _words("home work office zuhause büro arbeit maison bureau casa oficina")
_STREET_ENDS = ("strasse", "gasse", "straat", "gatan", "vagen", "katu", "utca")
_STREET_ENDS_NUMBERED = ("str", "weg", "platz", "allee", "damm", "ufer", "laan", "plein", "gade", "vej", "steig", "hof")
_STREET_WORDS = _words("street st road rd avenue ave lane ln drive dr boulevard blvd way square court ct place pl str")
_STREET_STARTS = _words(
    "rue avenue boulevard place quai chemin route via viale piazza corso calle avenida paseo plaza rua praca ulica ul"
    " am an der im zum zur"
)
_LONGEST_STREET = 5  # words
_HEX = re.compile(r"[0-9a-f]{16,64}")
_RUNS = re.compile(r"[0-9]+|[^\W\d_]+")


def is_recorder_name(stem: str) -> bool:
    """Return whether a file's name, without its ending, tells when, where or by what something was recorded."""
    name = compare_form(stem.replace("_", " "))
    compact = name.replace(" ", "")
    if _HEX.fullmatch(compact) and any(char.isdigit() for char in compact):
        return True
    words = _RUNS.findall(name)
    if not words:
        return True
    named = [word for word in words if not word.isdigit()]
    numbered = len(named) < len(words)
    return _is_of_recorder(named, numbered=numbered) or _is_place(named, numbered=numbered)


def _is_of_recorder(named: list[str], *, numbered: bool) -> bool:
    """Return whether all words are those of recorders, dates and times."""
    if not all(word in _WORDS for word in named):
        return False
    return numbered or not named or any(word not in _MAY_BE_A_TITLE for word in named)


def _is_place(named: list[str], *, numbered: bool) -> bool:
    """Return whether it is a street, or a place that a phone knows; most only with a number."""
    if not named or len(named) > _LONGEST_STREET:
        return False
    if any(word.endswith(_STREET_ENDS) and word not in _STREET_ENDS for word in named):
        return True
    return numbered and _is_place_with_number(named)


def _is_place_with_number(named: list[str]) -> bool:
    """Return whether words in front of a number are a place: "Home", "Market Street", "Calle Mayor"."""
    first, last = named[0], named[-1]
    if len(named) == 1 and first in _PLACES:
        return True
    if last in _STREET_WORDS or (last.endswith(_STREET_ENDS_NUMBERED) and len(last) > 5):
        return True
    return len(named) > 1 and first in _STREET_STARTS
