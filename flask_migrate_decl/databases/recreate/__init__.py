"""SQLite makes a table anew where it can't change it: nothing of it is lost without a word.

https://www.sqlite.org/lang_altertable.html#otheralter lists what has to be made again. Alembic's
batch makes the new table from what SQLAlchemy reflects of the old one, which is not all of it.
Here both tables are compared on an empty copy of the schema, before the real one is touched.
"""

from flask_migrate_decl.databases.recreate.impl import LOSSES_ATTRIBUTE, register
from flask_migrate_decl.databases.recreate.warned import without_untrue_warnings

__all__ = [
    "LOSSES_ATTRIBUTE",
    "register",
    "without_untrue_warnings",
]
