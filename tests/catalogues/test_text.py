"""A catalogue written as a file reads back as exactly the same, and is pleasant to read."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given, settings

from farthing.catalogues.file import Catalogue, read_catalogue
from farthing.catalogues.text import catalogue_text
from tests.cli.catalogues import EVERYTHING, as_yaml, catalogues


def written(catalogue: Catalogue) -> str:
    return catalogue_text(catalogue.meters, catalogue.plans, catalogue.add_ons, catalogue.rules)


@settings(max_examples=150, deadline=None)
@given(catalogues())
def test_whatever_a_catalogue_says_it_reads_back_from_its_export(words: dict[str, Any]) -> None:
    catalogue = read_catalogue(as_yaml(words), known={})
    text = written(catalogue)
    again = read_catalogue(text.encode(), known={})
    assert again == catalogue
    assert list(again.meters) == list(catalogue.meters)
    assert written(again) == text
    assert yaml.safe_load(text).keys() == {name for name, parts in words.items() if parts}


def test_the_export_is_written_as_a_person_would() -> None:
    text = written(read_catalogue(EVERYTHING.encode(), known={}))
    assert text.startswith("# yaml-language-server: $schema=catalog.schema.json\n")
    assert max(len(line) for line in text.splitlines()) <= 120
    for part in (
        "\nmeters:\n  tokens:\n    event_type: inference\n    measure: sum\n    property: input_tokens\n",
        "    where: {all: [{model: gpt-large}, {region: [eu, us]}]}\n",
        "    series: [host]\n",
        "\n\nplans:\n  starter:\n    name: Starter\n    currencies: [USD, EUR]\n    units: {credits: 0.02}\n",
        "      seats:\n        charged: advance\n        quantity: seats\n        shape: volume\n",
        "          - up_to: 1000\n            unit: {USD: 0.01, EUR: 0.009}\n            flat: 1\n",
        "          - when: [null, small]\n",
        "            shape: per_unit\n            unit: 0.02\n            minimum: null\n",
        "      sso: true\n      region: eu\n      api_calls: {limit: 100000, meter: calls}\n      retention: 30\n",
        '        - {time_of_day: {from: "22:00", to: "06:00"}}\n',
    ):
        assert part in text, text
