"""Every command as a plain function: Flask-Migrate's names and parameters.

They return what they found or did, and raise errors of this package; they print nothing and end
no process. Those that work with revisions need an application context. Alembic keeps the running
environment in module globals, so commands must not run in two threads of one process at once.

What several of them take: ``directory``, the folder of revisions, relative to the working folder,
where a command is about the one history in it; ``bind``, the names of the binds that it is about,
``"default"`` being the main database; ``sql``, to be given statements instead of a run; ``x_arg``,
values for a project's own ``env.py``; ``tag``, any text for it; ``head``, the revision to go on
from; ``splice``, to go on from one that is no head; ``branch_label``, ``version_path`` and
``rev_id``, as Alembic's commands have them.

All raise ``ConfigError`` where the configuration can't be used, ``HistoryError`` where a folder of
revisions can't, ``AppError`` where the app can't, and ``DatabaseError`` where a database refuses.

Each module imports what its own commands need: a check of a file imports no Alembic.
"""
