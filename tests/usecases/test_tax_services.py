"""Outside services that work out taxes are found by entry point."""

from __future__ import annotations

from pathlib import Path

import pytest

from farthing.wiring import tax_services


def test_a_package_brings_a_tax_service_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "some_taxes.py").write_text("class Service:\n    name = 'some'\n", encoding="utf-8")
    told = tmp_path / "some_taxes-1.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: some-taxes\nVersion: 1\n", encoding="utf-8")
    (told / "entry_points.txt").write_text("[farthing.tax_services]\nsome = some_taxes:Service\n", encoding="utf-8")
    assert tax_services() == {}
    monkeypatch.syspath_prepend(str(tmp_path))
    assert [*tax_services()] == ["some"]
