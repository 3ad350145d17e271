"""Two events in conflict are told apart by what they say otherwise, and by nothing else."""

from decimal import Decimal

from farthing.core.metering.differences import Differing, differing


def test_numbers_that_are_equal_are_no_difference_however_they_are_written() -> None:
    assert differing({"data": {"n": Decimal("1.50")}}, {"data": {"n": Decimal("1.5")}}) == []


def test_type_subject_time_and_each_property_are_compared() -> None:
    accepted = {"type": "call", "subject": "acme", "time": None, "data": {"a": 1, "b": [1], "of": {"c": 1, "d": "x"}}}
    other = {
        "type": "call",
        "subject": "globex",
        "time": "2026-01-05T00:00:00Z",
        "data": {"a": True, "b": [1], "of": {"c": 1, "d": "y"}},
    }
    assert differing(accepted, other) == [
        Differing("subject", "acme", "globex"),
        Differing("time", None, "2026-01-05T00:00:00Z"),
        Differing("data.a", 1, True),
        Differing("data.of.d", "x", "y"),
    ]


def test_no_time_is_no_difference_however_that_is_said() -> None:
    assert differing({"time": None, "data": {}}, {"data": {}}) == []
    assert differing({"data": {"a": None}}, {"data": {}}) == [Differing("data.a", None, None)]


def test_data_that_is_no_object_is_compared_as_a_whole() -> None:
    assert differing({"data": {"a": 1}}, {"data": "a"}) == [Differing("data", {"a": 1}, "a")]
