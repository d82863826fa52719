"""The orders, for the web and for the command line; the same code for both versions."""

import click
from flask import Blueprint
from sqlalchemy import select

from .database import db
from .models import Order

orders = Blueprint("orders", __name__, url_prefix="/orders", cli_group=None)


def describe(order: Order) -> str:
    return f"#{order.id}  {order.customer}, {order.status.value}, {order.total:.2f}"


def descriptions() -> list[str]:
    return [describe(order) for order in db.session.scalars(select(Order).order_by(Order.id))]


@orders.get("/")
def list_orders() -> list[str]:
    return descriptions()


@orders.cli.command("orders")
def print_orders() -> None:
    """List all orders."""
    for line in descriptions():
        click.echo(line)
