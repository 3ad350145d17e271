"""schemathesis finds nothing: whatever the description allows or forbids, each answer is as the description says.

By hand, for longer: FARTHING_SCHEMATHESIS_EXAMPLES=200 FARTHING_SCHEMATHESIS_SEED=7 pytest tests/http_api/…
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

from farthing.postgres.database import PostgresStore
from farthing.usecases.close_period import close_period
from tests.http_api.callers import NOW, Api, event

EXAMPLES = os.environ.get("FARTHING_SCHEMATHESIS_EXAMPLES", "4")
SEED = os.environ.get("FARTHING_SCHEMATHESIS_SEED", "1")
HERE = Path(__file__).parent
ROOT = HERE.parents[1]
HOOKS = "tests.http_api.schemathesis_hooks"


def test_schemathesis_finds_nothing(address: str, api: Api, acme: PostgresStore, tmp_path: Path) -> None:
    api.post("/v1/events", [event("1"), event("2", subject="stranger")])
    close_period(acme, through=date(2026, 2, 28), now=NOW)
    # What there is, so that the answers are not all about what there is not.
    (subscription,) = api.get("/v1/subscriptions").json()["subscriptions"]
    there = {"subscription_id": subscription["subscription_id"], "number": "EX-000001", "line": 1}
    configured = tmp_path / "schemathesis.toml"
    parameters = "".join(f"{name} = {json.dumps(value)}\n" for name, value in there.items())
    configured.write_text((HERE / "schemathesis.toml").read_text(encoding="utf-8") + f"\n[parameters]\n{parameters}")
    done = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            "--config-file", configured,
            "run", f"{address}/openapi.json",
            "--header", f"Authorization: Bearer {api.key}",
            "--seed", SEED, "--max-examples", EXAMPLES,
            "--continue-on-failure", "--no-color",
        ],
        env=os.environ | {"SCHEMATHESIS_HOOKS": HOOKS, "PYTHONPATH": str(ROOT)},
        # Where it leaves what it remembers.
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=3600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "Serialization not possible" not in done.stdout
