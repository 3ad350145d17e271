"""What the guides show for other products' clients works as it stands there, but for the address and the key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.drop_ins.conftest import Place

GUIDES = Path(__file__).resolve().parents[2] / "docs" / "guides"


@pytest.mark.parametrize("product", ["openmeter", "lago", "stripe"])
def test_the_program_of_a_guide_sends_an_event(place: Place, product: str) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", (GUIDES / f"from_{product}.md").read_text(encoding="utf-8"), re.S)
    exec(program.replace("http://localhost:8480", place.address).replace("fk_…", place.key), {})
    with place.books.transaction():
        counts = place.books.counts()
        apart = place.books.quarantine_by_reason()
    assert counts.accepted + sum(one.events for one in apart) == 1
