"""TOML as a text: what tomli does not tell of a file. Nothing here knows of migrations."""
