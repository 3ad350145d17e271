"""The machine a benchmark ran on, in one line."""

import os
import platform
from pathlib import Path

_CPU_FACTS = Path("/proc/cpuinfo")


def machine() -> str:
    """System, processor, cores and Python, as a benchmark says them beside its figures."""
    return ", ".join(
        (
            f"{platform.system()} {platform.machine()}",
            *_processor(),
            f"{os.cpu_count()} cores",
            f"Python {platform.python_version()}",
        )
    )


def _processor() -> list[str]:
    """The processor's name, where the system tells it."""
    try:
        facts = _CPU_FACTS.read_text(encoding="utf-8")
    except OSError:
        return [name] if (name := platform.processor()) else []
    names = [line.partition(":")[2].strip() for line in facts.splitlines() if line.startswith("model name")]
    return names[:1]
