"""Two events in conflict are told apart by what they say differently, and by nothing else."""

from decimal import Decimal

from farthing.core.quality.differences import Difference, differences


def test_numbers_that_are_equal_are_no_difference_however_they_are_written() -> None:
    assert differences({"data": {"n": Decimal("1.50")}}, {"data": {"n": Decimal("1.5")}}) == []


def test_type_subject_time_and_each_property_are_compared() -> None:
    held = {"type": "call", "subject": "acme", "time": None, "data": {"a": 1, "b": [1]}}
    sent = {"type": "call", "subject": "globex", "time": "2026-01-05T00:00:00Z", "data": {"a": True, "b": [1]}}
    assert differences(held, sent) == [
        Difference("subject", '"acme"', '"globex"'),
        Difference("time", None, '"2026-01-05T00:00:00Z"'),
        Difference("a", "1", "true"),
    ]


def test_data_that_is_no_object_is_compared_as_a_whole() -> None:
    assert differences({"data": {"a": 1}}, {"data": "a"}) == [Difference("data", '{"a":1}', '"a"')]
