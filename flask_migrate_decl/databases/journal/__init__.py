"""A journal of what a revision has done on a database that commits each schema change by itself.

MariaDB and MySQL can't roll a revision back. Each of its statements is written down beside the
version table, so that a run which was cut off goes on where it was:

- What changes rows is written down in its own transaction, before that is committed: both are kept,
  or none is.
- What changes the schema commits by itself. It is written down before, with what the schema is
  like, and is committed by the statement's own first commit. Such a statement is done or not, and
  nothing between (https://mariadb.com/kb/en/atomic-ddl/): where the schema has changed, it is.
- A script that is gone on with is run from its beginning, and what it has done is not done again.
  It is told what it was told then: numbers of rows, errors, and what the schema was like. What it
  reads of rows has to be what it read then, as it may decide on what comes next.
- The journal of a revision goes with the transaction that notes the revision as done, and its
  table at the end of the run.
"""

from flask_migrate_decl.databases.journal.journal import Journal, half_done_revision, is_journalled
from flask_migrate_decl.databases.journal.table import journal_table

__all__ = ["Journal", "half_done_revision", "is_journalled", "journal_table"]
