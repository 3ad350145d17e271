"""Files: an upload address is asked for, bytes are sent to it, and the upload is completed exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farthing_slacksim import ids
from farthing_slacksim.errors import SlackError
from farthing_slacksim.model import Json, StoredFile

if TYPE_CHECKING:
    from farthing_slacksim.common import Common


class Files:
    """Every file of one simulator, whether its upload is finished or not."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._files: dict[str, StoredFile] = {}

    def begin(self, *, name: str, size: int, user: str, alt_text: str | None, snippet_type: str | None) -> StoredFile:
        with self._common.lock:
            file = StoredFile(
                id=self._common.ids.next("F"),
                name=name,
                title=name,
                size=size,
                user=user,
                created=self._common.now_seconds(),
                upload_slug=ids.new_slug(48),
                alt_text=alt_text,
                snippet_type=snippet_type,
            )
            self._files[file.id] = file
            return file

    def by_upload_slug(self, slug: str) -> StoredFile | None:
        return next((file for file in list(self._files.values()) if file.upload_slug == slug), None)

    def get(self, file_id: str) -> StoredFile | None:
        """A file whose upload was completed."""
        file = self._files.get(file_id)
        return file if file is not None and file.completed else None

    def check_completable(self, file_id: str) -> None:
        """A file completed before is `file_not_found` again: its upload is used up."""
        file = self._files.get(file_id)
        if file is None or not file.uploaded or file.completed:
            raise SlackError("file_not_found")

    def complete(self, file_id: str, *, title: str | None) -> StoredFile:
        with self._common.lock:
            self.check_completable(file_id)
            file = self._files[file_id]
            file.completed = True
            file.title = title or file.name
            self._common.changed()
            return file

    def share(self, file: StoredFile, channel: str, share: Json) -> None:
        with self._common.lock:
            if channel not in file.channels:
                file.channels.append(channel)
            file.shares.append({"channel": channel, **share})
