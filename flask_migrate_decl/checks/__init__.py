"""What can be found wrong with a configuration once its app, and its databases, are at hand."""

from flask_migrate_decl.checks.app import app_findings
from flask_migrate_decl.checks.databases import DatabasesChecked, check_databases
from flask_migrate_decl.checks.hints import GUESSES
from flask_migrate_decl.checks.subject import Subject

__all__ = ["GUESSES", "DatabasesChecked", "Subject", "app_findings", "check_databases"]
