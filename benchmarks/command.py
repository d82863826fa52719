"""Run one command of a migration package on the app of a project, and print how long it took.

``python command.py PACKAGE COMMAND`` runs in a process of its own for each measurement, in the
project's folder, so that no contestant finds what another one has loaded or registered.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from time import perf_counter, process_time


def main() -> None:
    package, command = sys.argv[1:]
    sys.path.insert(0, os.fspath(Path.cwd()))
    app_module = importlib.import_module("app")
    function = getattr(importlib.import_module(package), command)
    with app_module.app.app_context():
        with app_module.db.engine.connect() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar()
        begin, begin_cpu = perf_counter(), process_time()
        function()
        seconds, cpu_seconds = perf_counter() - begin, process_time() - begin_cpu
    print(seconds, cpu_seconds)


if __name__ == "__main__":
    main()
