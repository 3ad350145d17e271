"""What a workspace can draw: Slack brings charts and tables to workspaces one after the other."""

import threading


class Abilities:
    """Remembers, until the process ends, which workspaces answered that they do not know a block."""

    def __init__(self) -> None:
        self._plain: set[str] = set()
        self._lock = threading.Lock()

    def draws_natively(self, team_id: str) -> bool:
        """Whether to send charts and tables there."""
        return team_id not in self._plain

    def note_plain(self, team_id: str) -> None:
        """It answered `invalid_blocks` to charts or tables, and took the same without."""
        with self._lock:
            self._plain.add(team_id)


# One memory for a process: what the app has learnt of a workspace, the delivery job need not learn again.
OF_THIS_PROCESS = Abilities()
