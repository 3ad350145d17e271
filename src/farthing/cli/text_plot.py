"""A price as a picture made of text: the amount against the quantity, in dots that any terminal can show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from farthing.cli.say import grouped, showable
from farthing.usecases.price_curve import Curve, Point, ticks

WIDTH = 64
HEIGHT = 14
# A character holds two by four dots; this is the bit of each, by column and row.
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BLANK = 0x2800
_LARGE = ((Decimal(10) ** 12, "T"), (Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "K"))
_LARGEST_IN_WORDS = Decimal(10) ** 16
_SMALLEST_IN_WORDS = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Signs:
    """The characters that a plot is made of."""

    upright: str
    level: str
    corner: str
    tick_of_amount: str
    tick_of_quantity: str
    marked: str
    dotted: bool


DOTS = Signs("│", "─", "└", "┤", "┬", "●", dotted=True)
PLAIN = Signs("|", "-", "+", "+", "+", "@", dotted=False)


def text_plot(
    curve: Curve,
    *,
    quantity_in: str,
    amount_in: str,
    marked: Point | None = None,
    whole: bool = False,
    signs: Signs = DOTS,
    width: int = WIDTH,
    height: int = HEIGHT,
) -> list[str]:
    """The lines of the plot. What leaps is a dotted upright; `marked` is one point of it, shown as a large dot.

    Where the quantity is `whole`, its axis has no ticks between whole numbers.

    >>> from farthing.usecases.price_curve import trace
    >>> steps = trace(lambda units: Decimal(1) if units <= 5 else Decimal(3), Decimal(0), Decimal(10))
    >>> print("\\n".join(text_plot(steps, quantity_in="seats", amount_in="USD", signs=PLAIN, width=21, height=4)))
      USD
      |          ***********
    2 +          :
      |***********
    0 +
      ++---------+---------+
       0         5        10 seats
    """
    points = [*curve.points, *([] if marked is None else [marked])]
    across = _Scale.holding([point.quantity for point in points], length=width * 2 if signs.dotted else width,
                            whole=whole)  # fmt: skip
    up = _Scale.holding([Fraction(0), *(point.amount for point in points)],
                        length=height * 4 if signs.dotted else height)  # fmt: skip
    canvas = _Canvas(across, up, columns=width, rows=height, signs=signs)
    canvas.draw(curve)
    if marked is not None:
        canvas.mark(marked)
    return _framed(canvas, quantity_in=showable(quantity_in), amount_in=showable(amount_in))


def short(number: Decimal) -> str:
    """A round number, in as few letters as an axis has room for.

    >>> [short(Decimal(written)) for written in ("1500000", "250", "0.05", "-2000", "1E+30", "2.5E-9")]
    ['1.5M', '250', '0.05', '-2K', '1e30', '2.5e-9']
    """
    size = abs(number)
    if size and (size >= _LARGEST_IN_WORDS or size < _SMALLEST_IN_WORDS):
        digits = "".join(map(str, number.as_tuple().digits)).rstrip("0")
        return f"{'-' if number < 0 else ''}{digits[0]}{'.' if digits[1:] else ''}{digits[1:]}e{number.adjusted()}"
    for unit, letter in _LARGE:
        if size >= unit:
            return grouped(Fraction(number) / Fraction(unit)) + letter
    return grouped(number)


@dataclass(frozen=True, slots=True)
class _Scale:
    """Which of so many dots a number falls on."""

    low: Fraction
    high: Fraction
    length: int
    whole: bool = False

    @classmethod
    def holding(cls, numbers: Iterable[Fraction], *, length: int, whole: bool = False) -> _Scale:
        asked = list(numbers)
        low, high = min(asked), max(asked)
        return cls(low, high if high > low else low + 1, length, whole)

    def dot(self, number: Fraction) -> int:
        """The nearest one, halves upwards."""
        share = (number - self.low) / (self.high - self.low)
        return int((share * (self.length - 1) * 2 + 1) // 2)

    def ticks(self, *, about: int) -> tuple[Decimal, ...]:
        return ticks(self.low, self.high, about=about, whole=self.whole)


@dataclass(slots=True)
class _Canvas:
    across: _Scale
    up: _Scale
    columns: int
    rows: int
    signs: Signs
    drawn: dict[tuple[int, int], str] = field(default_factory=dict)

    def draw(self, curve: Curve) -> None:
        # Leaps first: where a piece meets one, the piece is seen.
        for before, after in curve.leaps:
            self._upright(before, after)
        for piece in curve.pieces:
            for start, end in pairwise(piece):
                self._line(start, end)
            if len(piece) == 1:
                self._dot(self.across.dot(piece[0].quantity), self.up.dot(piece[0].amount))

    def mark(self, point: Point) -> None:
        column, row = self.cell(self.across.dot(point.quantity), self.up.dot(point.amount))
        self.drawn[column, row] = self.signs.marked

    def _line(self, start: Point, end: Point) -> None:
        left, low = self.across.dot(start.quantity), self.up.dot(start.amount)
        right, high = self.across.dot(end.quantity), self.up.dot(end.amount)
        length = max(abs(right - left), abs(high - low), 1)
        for at in range(length + 1):
            self._dot(left + _nearest((right - left) * at, length), low + _nearest((high - low) * at, length))

    def _upright(self, before: Point, after: Point) -> None:
        column = self.across.dot(before.quantity)
        low, high = sorted((self.up.dot(before.amount), self.up.dot(after.amount)))
        for up in range(low + 1, high):
            if not self.signs.dotted:
                self.drawn[self.cell(column, up)] = ":"
            elif up % 2:
                self._dot(column, up)

    def _dot(self, across: int, up: int) -> None:
        column, row = self.cell(across, up)
        if not self.signs.dotted:
            self.drawn[column, row] = "*"
            return
        here = ord(self.drawn.get((column, row), chr(_BLANK)))
        if here >= _BLANK:
            self.drawn[column, row] = chr(here | _DOTS[across % 2][3 - up % 4])

    def cell(self, across: int, up: int) -> tuple[int, int]:
        return (across // 2, up // 4) if self.signs.dotted else (across, up)

    def row(self, row: int) -> str:
        """A row up to its last sign; the gaps between dots are blank dots, which are as wide in any font."""
        columns = [column for column, of_row in self.drawn if of_row == row]
        gap = chr(_BLANK) if self.signs.dotted else " "
        return "".join(self.drawn.get((column, row), gap) for column in range(max(columns, default=-1) + 1))


def _framed(canvas: _Canvas, *, quantity_in: str, amount_in: str) -> list[str]:
    signs = canvas.signs
    amounts = {
        canvas.cell(0, canvas.up.dot(Fraction(tick)))[1]: short(tick)
        for tick in canvas.up.ticks(about=max(2, canvas.rows * 2 // 5))
    }
    margin = max(len(label) for label in amounts.values())
    lines = [f"{'':>{margin}} {amount_in}"]
    for row in reversed(range(canvas.rows)):
        upright = signs.tick_of_amount if row in amounts else signs.upright
        lines.append(f"{amounts.get(row, ''):>{margin}} {upright}{canvas.row(row)}".rstrip())
    labels = {
        canvas.cell(canvas.across.dot(Fraction(tick)), 0)[0]: short(tick)
        for tick in canvas.across.ticks(about=max(2, canvas.columns // 12))
    }
    level = "".join(signs.tick_of_quantity if column in labels else signs.level for column in range(canvas.columns))
    lines.append(f"{'':>{margin}} {signs.corner}{level}")
    lines.append(f"{'':>{margin}} {_spaced(labels, columns=canvas.columns)} {quantity_in}".rstrip())
    return lines


def _spaced(labels: dict[int, str], *, columns: int) -> str:
    """The labels in one line, each in the middle below its column, none of them touching another."""
    line = ""
    for column, label in sorted(labels.items()):
        starts = max(0, 1 + column - len(label) // 2)
        if starts > len(line) or not line:
            line = line.ljust(starts) + label
    return line.ljust(columns)


def _nearest(number: int, parts: int) -> int:
    return (2 * number + parts) // (2 * parts)
