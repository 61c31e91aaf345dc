"""Which settings hold here: pitchcast.toml, environment and options in, frozen ``Settings`` out.

settings.py says what can be set, keys.py is the table of all keys, checks.py says what is wrong with a value,
document.py reads one file and knows its lines, loading.py decides which value holds, writing.py makes a new file,
rewriting.py changes where the show lies in one that exists.
"""

from pitchcast.config.loading import FILE_NAME, load_settings, user_config_path
from pitchcast.config.rewriting import rewrite_storage
from pitchcast.config.settings import BrandSettings, Settings, ShowSettings, StorageSettings
from pitchcast.config.writing import render_config, write_config

__all__ = [
    "FILE_NAME",
    "BrandSettings",
    "Settings",
    "ShowSettings",
    "StorageSettings",
    "load_settings",
    "render_config",
    "rewrite_storage",
    "user_config_path",
    "write_config",
]
