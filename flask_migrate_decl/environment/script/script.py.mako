<%!
from flask_migrate_decl.environment.texts import docstring
%>\
<%
from flask_migrate_decl.environment.template import bind_keys
binds = bind_keys(config)
%>\
"""${message | n,docstring}

Revision ID: ${up_revision | n,docstring}
Revises: ${down_revision | comma,n,docstring}
Create Date: ${create_date}

"""
from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

# revision identifiers, used by Alembic.
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}
% if binds is None:


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
% else:


def upgrade(engine_name):
    globals()["upgrade_%s" % engine_name]()


def downgrade(engine_name):
    globals()["downgrade_%s" % engine_name]()
% for key in binds:


def upgrade_${key}():
    ${context.get("%s_upgrades" % key, "pass")}


def downgrade_${key}():
    ${context.get("%s_downgrades" % key, "pass")}
% endfor
% endif
