"""files.*: the upload in three steps, and what became of a file."""

from __future__ import annotations

from typing import Any

from farthing_slacksim.errors import SlackError
from farthing_slacksim.escaping import kept
from farthing_slacksim.model import Channel, Json, StoredFile
from farthing_slacksim.present import file_json
from farthing_slacksim.web_api.call import Call, Method, invalid_argument
from farthing_slacksim.web_api.posts import bot_message, postable_channel, read_content, thread_of

LARGEST_FILE = 1_000_000_000


def get_upload_url(call: Call) -> Json:
    length = call.number("length", 0)
    if length <= 0:
        raise invalid_argument("length", "`length` must be more than 0")
    if length > LARGEST_FILE:
        raise SlackError("file_upload_size_restricted")
    file = call.workspace.files.begin(
        name=call.required("filename"),
        size=length,
        user=call.app.bot_user_id,
        alt_text=call.text("alt_txt"),
        snippet_type=call.text("snippet_type"),
    )
    return {"upload_url": f"{call.sim.url}upload/v1/{file.upload_slug}", "file_id": file.id}


def complete_upload(call: Call) -> Json:
    entries = _entries(call)
    channels = _channels(call)
    comment = call.text("initial_comment")
    blocks = [] if comment or not call.arguments.get("blocks") else read_content(call).blocks or []
    thread_ts = thread_of(call, channels[0]) if channels and call.text("thread_ts") else None
    with call.workspace.lock:
        for entry in entries:
            call.workspace.files.check_completable(entry["id"])
        files = [call.workspace.files.complete(entry["id"], title=entry.get("title")) for entry in entries]
    if channels:
        # As in Slack, the answer comes before the file is seen in its channel: poll files.info for its shares.
        def share() -> None:
            for channel in channels:
                _share(call, files, channel, text=kept(comment or ""), blocks=blocks, thread_ts=thread_ts)

        call.sim.later(call.sim.share_delay_seconds, share)
    return {"files": [{"id": file.id, "title": file.title} for file in files]}


def info(call: Call) -> Json:
    file = call.workspace.files.get(call.required("file", "file_not_found"))
    if file is None or not _may_see(call, file):
        raise SlackError("file_not_found")
    shown = file_json(file, workspace=call.workspace, base_url=call.sim.url)
    return {"file": shown, "comments": [], "response_metadata": {"next_cursor": ""}}


def _entries(call: Call) -> list[Json]:
    entries: Any = call.complex("files", "invalid_arguments")
    if not isinstance(entries, list) or not entries:
        raise invalid_argument("files", "missing required field: files")
    if not all(isinstance(entry, dict) and isinstance(entry.get("id"), str) for entry in entries):
        raise invalid_argument("files", "every file needs an id")
    return entries


def _channels(call: Call) -> list[Channel]:
    given = call.text("channels") or call.text("channel_id") or ""
    names = [name.strip() for name in given.split(",") if name.strip()]
    return [postable_channel(Call(call.sim, call.app, {"channel": name})) for name in names]


def _share(
    call: Call,
    files: list[StoredFile],
    channel: Channel,
    *,
    text: str,
    blocks: list[Json],
    thread_ts: str | None,
) -> None:
    message = bot_message(call, channel, text=text, blocks=blocks, thread_ts=thread_ts)
    for file in files:
        share = {"ts": message.ts, "channel_name": channel.name, "team_id": call.workspace.team_id}
        call.workspace.files.share(file, channel.id, share | ({"thread_ts": thread_ts} if thread_ts else {}))
    message.files = [file_json(file, workspace=call.workspace, base_url=call.sim.url) for file in files]
    call.workspace.post(message)


def _may_see(call: Call, file: StoredFile) -> bool:
    if file.user == call.app.bot_user_id:
        return True
    return any(call.app.bot_user_id in call.workspace.channels[channel].members for channel in file.channels)


METHODS = {
    "files.getUploadURLExternal": Method(get_upload_url, ("files:write",)),
    "files.completeUploadExternal": Method(complete_upload, ("files:write",)),
    "files.info": Method(info, ("files:read",)),
}
