"""Strategies for TOML documents of every layout, in which each value is another one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

_TRICKY = ["", "#", "[x]", "a = 1", "}", "'", '"', '""', "''", "\\", "ä", "日本", ",", "\t"]


@dataclass
class _Maker:
    """Draws the pieces of one document; a counter makes each key and value a new one."""

    draw: Any
    line_end: str
    count: int = 0
    lists: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)

    def number(self) -> int:
        self.count += 1
        return self.count

    def choose(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def key(self) -> str:
        number, tricky = self.number(), self.choose(*_TRICKY)
        basic = tricky.replace("\\", "\\\\").replace('"', '\\"')
        literal = tricky.replace("'", "")
        return str(
            self.choose(
                f"k{number}",
                f"{number}-_",
                f'"{basic}{number}"',
                f'"\\u00e9{number}"',
                f"'{literal}{number}'",
            )
        )

    def dotted_key(self) -> str:
        parts = [self.key() for _ in range(self.choose(1, 1, 1, 2, 3))]
        return str(self.choose(".", " . ", ".\t")).join(parts)

    def space(self) -> str:
        return str(self.choose("", " ", "  ", "\t"))

    def gap(self) -> str:
        """Draw what may stand between the items of a list."""
        comment = f" # [ {{ ' \" = {self.line_end}"
        return str(self.choose("", " ", self.line_end, f"{self.line_end}  ", comment))

    def value(self, depth: int = 0) -> str:
        if depth < 3 and self.choose(1, 0, 0):
            return self.list_(depth) if self.choose(1, 0) else self.inline_table(depth)
        return self.scalar()

    def scalar(self) -> str:
        number, tricky = self.number(), self.choose(*_TRICKY)
        basic = tricky.replace("\\", "\\\\").replace('"', '\\"')
        many = tricky.replace("\\", "\\\\")
        end = self.line_end
        return str(
            self.choose(
                f"{number}",
                f"+{number}.5e3",
                f"{1979 + number % 50}-05-27 07:32:00.{number:06}",
                f'"{basic} {number}"',
                f"'{tricky.replace(chr(39), '')} {number}'",
                f'"""{end}{many} {number}"""',
                f'"""{number}{end} "" \\{end}  x"""""',
                f"'''{tricky} {number}{end}{tricky}'''''",
            )
        )

    def list_(self, depth: int) -> str:
        items = [self.value(depth + 1) for _ in range(self.choose(0, 1, 2, 3))]
        inside = f"{self.gap()},{self.gap()}".join(items)
        comma = self.choose("", f"{self.gap()},") if items else ""
        return f"[{self.gap()}{inside}{comma}{self.gap()}]"

    def inline_table(self, depth: int) -> str:
        entries = [
            f"{self.dotted_key()}{self.space()}={self.space()}{self.value(depth + 1)}"
            for _ in range(self.choose(0, 1, 2))
        ]
        return f"{{{self.space()}{f'{self.space()},{self.space()}'.join(entries)}{self.space()}}}"

    def entry(self) -> str:
        comment = self.choose("", " # a comment = 'x'")
        key = self.dotted_key()
        return f"{self.space()}{key}{self.space()}={self.space()}{self.value()}{comment}"

    def header(self) -> str:
        parents = [*self.lists, *self.tables]
        parent = f"{self.choose(*parents)}." if parents and self.choose(1, 0) else ""
        known = self.choose(1, 0) and bool(self.lists)
        if known and self.choose(1, 0):
            return f"[[{self.choose(*self.lists)}]]"
        name = f"{parent}{self.dotted_key()}"
        if self.choose(1, 0):
            self.lists.append(name)
            return f"[[{self.space()}{name}{self.space()}]]"
        self.tables.append(name)
        return f"{self.space()}[{self.space()}{name}{self.space()}]{self.choose('', ' # x')}"


@st.composite
def documents(draw: Any) -> str:
    """Draw a document; most are valid, and who needs a valid one has to assume it."""
    maker: _Maker = _Maker(draw, draw(st.sampled_from(["\n", "\r\n"])))
    lines: list[str] = []
    for _ in range(draw(st.integers(0, 10))):
        kind = maker.choose("entry", "entry", "header", "blank", "comment")
        made = {"entry": maker.entry, "header": maker.header}.get(kind)
        lines.append(made() if made else {"blank": "  ", "comment": '# "x = ['}[kind])
    return maker.line_end.join(lines) + str(draw(st.sampled_from(["", maker.line_end])))
