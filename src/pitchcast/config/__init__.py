"""Which settings hold here: pitchcast.toml, environment and options in, frozen ``Settings`` out.

settings.py says what can be set, keys.py is the table of all keys, checks.py says what is wrong with a value,
document.py reads one file and knows its lines, loading.py decides which value holds, writing.py makes a new file,
rewriting.py changes where the show lies in one that exists. choosing.py says which show is meant, personal.py and
remembering.py read and write what a person keeps for all shows.
"""

from pitchcast.config.choosing import ChosenShow, ShowRequest, choose_show, short_path
from pitchcast.config.loading import FILE_NAME, load_settings, user_config_path
from pitchcast.config.personal import Personal, read_personal, webhook_of
from pitchcast.config.remembering import ensure_writer, forget_show, remember_show
from pitchcast.config.rewriting import keys_set_in, rewrite_settings, rewrite_storage
from pitchcast.config.settings import AudienceSettings, BrandSettings, Settings, ShowSettings, StorageSettings
from pitchcast.config.writing import render_config, write_config

__all__ = [
    "FILE_NAME",
    "AudienceSettings",
    "BrandSettings",
    "ChosenShow",
    "Personal",
    "Settings",
    "ShowRequest",
    "ShowSettings",
    "StorageSettings",
    "choose_show",
    "ensure_writer",
    "forget_show",
    "keys_set_in",
    "load_settings",
    "read_personal",
    "remember_show",
    "render_config",
    "rewrite_settings",
    "rewrite_storage",
    "short_path",
    "user_config_path",
    "webhook_of",
    "write_config",
]
