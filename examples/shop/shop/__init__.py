"""A small shop."""

from flask import Flask

from flask_migrate_decl import Migrate

from .database import db
from .orders import orders

migrate = Migrate(db=db)


def create_app() -> Flask:
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///shop.db"
    app.config.from_prefixed_env()
    db.init_app(app)
    migrate.init_app(app)
    app.register_blueprint(orders)
    return app
