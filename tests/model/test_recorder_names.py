"""File names that recorders made are told from those that people gave."""

import pytest

from pitchcast.model.recorder_names import is_recorder_name

BY_RECORDERS = [
    *("New Recording 12", "New Recording", "Recording (3)", "recording-2026-01-01", "REC001", "Rec_20260101_102233"),
    *(
        "Voice 001",
        "Voice 001_cut",
        "Voice Memo",
        "voice-note",
        "Voice message 4",
        "Untitled",
        "Untitled 2",
        "My Recording 7",
    ),
    *("Aufnahme 3", "Neue Aufnahme", "Neue Aufnahme 12", "Sprachmemo", "Sprachmemo 2026", "Sprachaufnahme_001"),
    *("Nouvel enregistrement 3", "Enregistrement", "Mémo vocal", "Nueva grabación 2", "Grabación", "Nota de voz 3"),
    *(
        "Nuova registrazione 5",
        "Nova gravação",
        "Nieuwe opname 4",
        "Nowe nagranie 2",
        "Ny inspelning 3",
        "Uusi tallenne",
    ),
    *("Новая запись 5", "新規録音 3", "新录音 5", "Ny optagelse"),
    *(
        "AUD-20260101-WA0003",
        "PTT-20260101-WA0001",
        "WhatsApp Audio 2026-01-01 at 10.22.33",
        "signal-2026-01-01-102233",
    ),
    *(
        "audio_2026-01-01_10-22-33",
        "audio1234567890",
        "GMT20260101-102233_Recording",
        "ZOOM0001",
        "STE-000",
        "DM420001",
    ),
    *("20260101", "2026-01-01 10.22.33", "20260101T102233Z", "01.02.2026", "5 January 2026", "Freitag 10 Uhr", "12"),
    *("Bahnhofstrasse 5", "Bahnhofstraße", "Untere Bahnhofstrasse 12", "Main St 5", "5th Avenue 3", "Rue de Rivoli 12"),
    *("Via Roma 3", "Lindenweg 4", "Marktplatz 1", "Home 3", "Zuhause 2", "Am Markt 7"),
    *("3F2504E0-4F89-41D3-9A0C-0305E82C3301", "d41d8cd98f00b204e9800998ecf8427e", "IMG_1234", "VID_20260101_102233"),
    *("Recording copy", "New Recording 12 edited", "New Recording 12 (1)", "Podcast 3", "-", "…"),
]
BY_PEOPLE = [
    *("pitch", "Pitch 2", "pitch-acme", "Cut your cloud bill", "Acme Corp", "Voice of the customer", "Street smart"),
    *("Recording studios save money", "A new way to record", "Test your backups", "Home office", "Working from home"),
    *("The meeting that costs nothing", "March of progress", "Podcast", "Q3 results", "Zoom fatigue", "Final offer"),
    *(
        "Five ways to save",
        "5 ways to save",
        "2026 outlook",
        "Umsatz steigern",
        "Nouvelle offre",
        "Ausweg",
        "Auf dem Weg",
    ),
    *("Notes on pricing", "Hello Jo", "hello-acme", "First", "intro", "Main street lending"),
]


@pytest.mark.parametrize("name", BY_RECORDERS)
def test_by_a_recorder(name: str) -> None:
    assert is_recorder_name(name)


@pytest.mark.parametrize("name", BY_PEOPLE)
def test_by_a_person(name: str) -> None:
    assert not is_recorder_name(name)
