"""What is stored keeps its names for ever, whatever attributes are called: older catalogs and programs must fit."""

import msgspec
import pytest

from pitchcast.model.catalog import Catalog
from pitchcast.model.episode import EarlierAudio, Episode, Greeting, Master, ReplacedAudio
from pitchcast.model.feed import Delivery
from pitchcast.model.place import Moved
from pitchcast.model.show import Logo, Photo, Show
from pitchcast.workflows.publish import PublishFacts


@pytest.mark.parametrize(
    ("record", "names"),
    [
        pytest.param(
            Catalog,
            "format renderer revision nonce saved show public_url next_release brand episodes releases prospects feeds "
            "retired writer tombstones erased moved left greetings named_covers intents suspensions uncounted dates",
            id="catalog",
        ),
        pytest.param(
            Episode,
            "id guid title slug recording master again notes host season number chapters cover withdrawn changed "
            "mastered replaced personalised timeline transcript audio_path for_roles",
            id="episode",
        ),
        pytest.param(
            Master,
            "sha256 size_bytes samples sample_rate_hz channels bitrate_kbps integrated_lufs heard_lufs true_peak_dbtp "
            "audio_offset_bytes waveform",
            id="master",
        ),
        pytest.param(ReplacedAudio, "recording again master mastered at kept slug", id="replaced audio"),
        pytest.param(EarlierAudio, "name at", id="earlier audio"),
        pytest.param(
            Greeting,
            "recording of master shift_samples heard_lufs true_peak_dbtp feed release clean level changed earlier veil",
            id="greeting",
        ),
        pytest.param(Delivery, "episode date release greeting veil", id="delivery, which fingerprints are made of"),
        pytest.param(Moved, "to who announced changed", id="moved"),
        pytest.param(Logo, "sha256 extension width_px height_px source color", id="logo"),
        pytest.param(Photo, "sha256 size_px source extension", id="photo"),
        pytest.param(
            Show,
            "id title host art_token first_address email owner_email language category link description explicit cover "
            "cover_drawn cover_per_prospect slug audio counted changed role photo contact",
            id="show",
        ),
        pytest.param(PublishFacts, "again next_release subject", id="facts of a publish"),
    ],
)
def test_stored_names_stay(record: type[msgspec.Struct], names: str) -> None:
    assert " ".join(record.__struct_encode_fields__) == names
