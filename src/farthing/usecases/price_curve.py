"""How an amount grows with the quantity: the corners and leaps of a price, found exactly, to be drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from farthing.core.exact import Exact, settled

CELLS = 96
# What turns more often than this is drawn from point to point: its steps are finer than anyone could see.
MOST_TURNS = 64
_MOST_TURNS_IN_A_CELL = 6
# A cell is halved so often until a turn in it counts as found.
_HALVINGS = 18
# Not at the same distances, so that even steps do not look like a line through them.
_LOOKED_AT = (Fraction(1, 3), Fraction(5, 7))
_MOST_DIGITS_OF_A_TURN = 40


@dataclass(frozen=True, slots=True)
class Point:
    """What a quantity costs, before rounding, in major units."""

    quantity: Fraction
    amount: Fraction


@dataclass(frozen=True, slots=True)
class Curve:
    """Pieces without a leap, each a row of points to be joined; between two pieces the amount leaps.

    `held` says for each leap whether the quantity itself has the lower piece's amount (a bound that is inclusive) or
    the upper piece's; None where nothing simple could be found.
    """

    pieces: tuple[tuple[Point, ...], ...]
    held: tuple[bool | None, ...]

    def __post_init__(self) -> None:
        assert len(self.held) == len(self.pieces) - 1, f"{len(self.pieces)} pieces, {len(self.held)} leaps"

    @property
    def points(self) -> tuple[Point, ...]:
        """All of them, from the lowest quantity to the highest."""
        return tuple(point for piece in self.pieces for point in piece)

    @property
    def leaps(self) -> tuple[tuple[Point, Point], ...]:
        """The amounts just before and just after each leap."""
        return tuple((before[-1], after[0]) for before, after in pairwise(self.pieces))


Amount = Callable[[Exact], Exact]


def trace(amount_of: Amount, low: Exact, high: Exact) -> Curve:
    """The curve of an amount that is made of straight pieces, between two quantities.

    >>> stairs = trace(lambda units: Decimal(50) if units <= 10 else Decimal(80), Decimal(0), Decimal(30))
    >>> [(str(before.amount), str(after.quantity), str(after.amount)) for before, after in stairs.leaps]
    [('50', '10', '80')]
    """
    assert low < high, f"a curve from {low} to {high}"

    def at(quantity: Fraction) -> Point:
        return Point(quantity, Fraction(amount_of(settled(quantity))))

    step = (Fraction(high) - Fraction(low)) / CELLS
    grid = [at(Fraction(low) + step * place) for place in range(CELLS + 1)]
    pieces: list[list[Point]] = [[grid[0]]]
    held: list[bool | None] = []
    turned = 0
    for start, end in pairwise(grid):
        turns = [] if _joins(start, end, at) else _turns(start, end, at)
        turned += len(turns)
        if turned > MOST_TURNS:
            return Curve((tuple(at(Fraction(low) + step * place / 4) for place in range(4 * CELLS + 1)),), ())
        # A cell that turns more often than can be seen in it is drawn through.
        for turn in turns if len(turns) <= _MOST_TURNS_IN_A_CELL else []:
            pieces[-1].append(turn.before)
            if turn.leaps:
                pieces.append([turn.after])
                held.append(turn.held)
        pieces[-1].append(end)
    return Curve(tuple(tuple(_without_needless(piece)) for piece in pieces), tuple(held))


def ticks(low: Exact, high: Exact, *, about: int, whole: bool = False) -> tuple[Decimal, ...]:
    """Round numbers between the two, about so many, evenly apart; whole ones, for what is counted.

    >>> [str(tick) for tick in ticks(Decimal(0), Decimal(1234567), about=4)]
    ['0', '500000', '1000000']
    """
    apart = tick_step((Fraction(high) - Fraction(low)) / about, whole=whole)
    first = -(-Fraction(low) // Fraction(apart))
    last = Fraction(high) // Fraction(apart)
    found = [settled(Fraction(apart) * place) for place in range(first, last + 1)]
    return tuple(tick for tick in found if isinstance(tick, Decimal))


def tick_step(least: Exact, *, whole: bool = False) -> Decimal:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is not below this; a whole number where that is asked.

    >>> [str(tick_step(Decimal(least))) for least in ("0.3", "2.2", "6", "1000")]
    ['0.5', '2.5', '10', '1000']
    >>> [str(tick_step(Decimal(least), whole=True)) for least in ("0.3", "2.2", "22")]
    ['1', '5', '25']
    """
    assert least > 0, f"ticks {least} apart"
    if whole and least < 1:
        return Decimal(1)
    power = Fraction(10) ** (len(str(int(least))) if least >= 1 else -_leading_zeros(Fraction(least)))
    power /= 10
    for factor in (Fraction(1), Fraction(2), Fraction(5, 2), Fraction(5), Fraction(10)):
        if power * factor >= least and not (whole and (power * factor).denominator > 1):
            found = settled(power * factor)
            assert isinstance(found, Decimal), f"{found} has no end"
            return found
    raise AssertionError(f"no step for {least}")


def room_for(quantities: Iterable[Exact], *, whole: bool = False) -> tuple[Decimal, Decimal]:
    """The range of quantities to draw so that these stand well inside it; it always holds 0.

    >>> [str(end) for end in room_for([Decimal(1000), Decimal(1234)])]
    ['0', '1500']
    """
    asked = [Fraction(0), *(Fraction(quantity) for quantity in quantities)]
    lowest, highest = min(asked), max(asked)
    if lowest == highest:
        return Decimal(0), Decimal(10)
    step = tick_step((highest - lowest) / 4, whole=whole)
    # A step of its own above the highest: the last tier is to be seen, too.
    upper = -(-(highest + Fraction(step) / 2) // Fraction(step)) if highest else 0
    lower = (lowest - Fraction(step) / 2) // Fraction(step) if lowest else 0
    ends = [settled(Fraction(step) * place) for place in (lower, upper)]
    assert isinstance(ends[0], Decimal), "a multiple of a decimal"
    assert isinstance(ends[1], Decimal), "a multiple of a decimal"
    return ends[0], ends[1]


@dataclass(frozen=True, slots=True)
class _Turn:
    before: Point
    after: Point
    held: bool | None

    @property
    def leaps(self) -> bool:
        return self.held is None or self.before.amount != self.after.amount


_At = Callable[[Fraction], Point]


def _turns(start: Point, end: Point, at: _At) -> list[_Turn]:
    """The turns within a cell, from left to right, as far as a first one too many."""
    found: list[_Turn] = []
    ahead = [(start, end, 0)]
    while ahead:
        left, right, halved = ahead.pop()
        if _joins(left, right, at):
            continue
        if halved == _HALVINGS:
            found.append(_turn(left, right, at))
            if len(found) > _MOST_TURNS_IN_A_CELL:
                return found
            continue
        middle = at((left.quantity + right.quantity) / 2)
        ahead += [(middle, right, halved + 1), (left, middle, halved + 1)]
    return _merged(found)


def _merged(turns: Sequence[_Turn]) -> list[_Turn]:
    """The same turn is found on both sides of the quantity that a cell was halved at."""
    merged: list[_Turn] = []
    for turn in turns:
        if merged and merged[-1].after.quantity >= turn.before.quantity:
            merged[-1] = _Turn(merged[-1].before, turn.after, merged[-1].held)
        else:
            merged.append(turn)
    return merged


def _turn(left: Point, right: Point, at: _At) -> _Turn:
    """Where exactly the amount turns: at the simplest number between the two, when it is straight on both sides."""
    for quantity in (_shortest_decimal(left.quantity, right.quantity), _simplest(left.quantity, right.quantity)):
        here = at(quantity)
        before = here if quantity == left.quantity else _continued(left, at((left.quantity + quantity) / 2), quantity)
        after = here if quantity == right.quantity else _continued(right, at((right.quantity + quantity) / 2), quantity)
        lower, upper = here.amount == before.amount, here.amount == after.amount
        if (lower or upper) and _joins(left, before, at) and _joins(after, right, at):
            return _Turn(before, after, lower)
    return _Turn(left, right, None)


def _joins(one: Point, other: Point, at: _At) -> bool:
    """Whether the amounts strictly between the two lie on the line between them."""
    if one.quantity == other.quantity:
        return True
    between = [at(one.quantity + (other.quantity - one.quantity) * part) for part in _LOOKED_AT]
    return all(point.amount == _between(one, other, point.quantity) for point in between)


def _between(start: Point, end: Point, quantity: Fraction) -> Fraction:
    slope = (end.amount - start.amount) / (end.quantity - start.quantity)
    return start.amount + slope * (quantity - start.quantity)


def _continued(start: Point, then: Point, quantity: Fraction) -> Point:
    """The point at this quantity on the line through the two."""
    return Point(quantity, _between(start, then, quantity))


def _without_needless(piece: Sequence[Point]) -> list[Point]:
    """The piece without the points that its neighbours say already."""
    kept: list[Point] = []
    for point in piece:
        if kept and kept[-1].quantity == point.quantity:
            continue
        if len(kept) > 1 and _between(kept[-2], point, kept[-1].quantity) == kept[-1].amount:
            kept.pop()
        kept.append(point)
    return kept


def _shortest_decimal(low: Fraction, high: Fraction) -> Fraction:
    """The number with the fewest digits between the two, both included."""
    for decimals in range(-_MOST_DIGITS_OF_A_TURN, _MOST_DIGITS_OF_A_TURN):
        scale = Fraction(10) ** decimals
        nearest = -(-low * scale // 1) / scale
        if nearest <= high:
            return nearest
    return low


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    """The fraction with the smallest denominator between the two, both included."""
    if low < 0 <= high:
        return Fraction(0)
    if high < 0:
        return -_simplest(-high, -low)
    whole = -(-low // 1)
    if whole <= high:
        return Fraction(whole)
    below = low // 1
    return below + 1 / _simplest(1 / (high - below), 1 / (low - below))


def _leading_zeros(number: Fraction) -> int:
    """How many zeros follow the point before the first other digit."""
    zeros = 0
    while number * 10 < 1:
        number, zeros = number * 10, zeros + 1
    return zeros
