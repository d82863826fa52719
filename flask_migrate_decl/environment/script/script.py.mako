<%!
from flask_migrate_decl.environment.texts import docstring
%>\
<%
from flask_migrate_decl.environment.template import bind_functions
binds = bind_functions(config)
renamed = {key: name for key, name in (binds or {}).items() if key != name}
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
% for key, name in binds.items():


def upgrade_${name}():
    ${context.get("%s_upgrades" % key, "pass")}


def downgrade_${name}():
    ${context.get("%s_downgrades" % key, "pass")}
% endfor
% if renamed:


# What these binds are called is no Python name; other binds may be called as the functions are.
% for key, name in renamed.items():
globals()[${repr("upgrade_" + key)}] = globals().pop("upgrade_${name}")
globals()[${repr("downgrade_" + key)}] = globals().pop("downgrade_${name}")
% endfor
% endif
% endif
