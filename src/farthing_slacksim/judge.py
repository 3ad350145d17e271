"""A judge of what an app sends: every message, form and Home in a traffic log, held against what Slack publishes.

It shares nothing with the simulator's own checks, so that one mistake is not made twice, and it asks for more than
Slack does: words for those who hear a message read out, a description of every picture, nobody called by an
accident of a name, and nothing in hidden places but ids. `python -m farthing_slacksim.judge traffic.jsonl` prints
what it finds.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from farthing_slacksim.judged import SIZES, VIEW_BLOCKS, Found, block_faults

_MESSAGES = {"chat.postMessage", "chat.update", "chat.postEphemeral", "response_url"}
_VIEWS = {"views.open", "views.push", "views.update", "views.publish"}
_SECRET = re.compile(r"x(?:ox[a-z]|app)-|\(token\)|BEGIN [A-Z ]*PRIVATE KEY|\b(?:sk|rk|fk|whsec)_[A-Za-z0-9_]{8,}")
_ID = re.compile(r"[A-Za-z0-9_.:/|=,#-]*")
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg")


def faults_in(entries: Iterable[Any]) -> list[str]:
    """What is wrong in a list of traffic entries (or the dicts of a log's lines); nothing, if all is well.

    >>> faults_in([{"direction": "in", "kind": "chat.postMessage", "arguments": {"channel": "C1", "blocks": []}}])
    ['1 chat.postMessage: no text for those who hear it read out']
    """
    found: list[str] = []
    for number, entry in enumerate(entries, start=1):
        line = entry if isinstance(entry, dict) else vars(entry)
        found += [f"{number} {line['kind']}: {fault}" for fault in _faults_of(line)]
    return found


def _faults_of(line: dict[str, Any]) -> Iterator[str]:
    arguments, answer = line.get("arguments"), line.get("answer")
    if line["direction"] == "out":
        yield from _acknowledged(answer)
        return
    if not isinstance(arguments, dict):
        return
    arguments = {name: _decoded(value) for name, value in arguments.items()}
    kind = line["kind"]
    if kind in _MESSAGES and not arguments.get("delete_original") and "fault" not in (answer or {}):
        yield from _message(arguments, kind, answer)
    elif kind in _VIEWS and isinstance(arguments.get("view"), dict):
        yield from _view(arguments["view"])
    elif kind == "chat.unfurl":
        for address, shown in (arguments.get("unfurls") or {}).items():
            yield from _placed(f"unfurl of {address}", block_faults(shown.get("blocks", []), on="message"))
    elif kind == "files.getUploadURLExternal":
        name = str(arguments.get("filename", "")).lower()
        if name.endswith(_PICTURES) and not arguments.get("alt_txt"):
            yield f"the picture {name} has no alt_txt"


def _acknowledged(answer: Any) -> Iterator[str]:
    """What an app says in its acknowledgement: a message after a command, a form's next step, or options."""
    if not isinstance(answer, dict):
        return
    if isinstance(answer.get("view"), dict):
        yield from _view(answer["view"])
    elif "response_action" not in answer and (answer.get("blocks") or answer.get("text")):
        yield from _message(answer, "acknowledgement", None)
    if len(answer.get("options", [])) > SIZES["options"]:
        yield f"more than {SIZES['options']} options"


def _message(arguments: dict[str, Any], kind: str, answer: Any) -> Iterator[str]:
    text, blocks = arguments.get("text"), arguments.get("blocks")
    if kind == "chat.update" and text is None and blocks is None:
        yield "an update that changes nothing"
    elif not isinstance(text, str) or not text.strip():
        if not (isinstance(answer, dict) and answer.get("error")):
            yield "no text for those who hear it read out"
    else:
        if len(text) > SIZES["message text"]:
            yield f"text of {len(text)} characters"
        yield from _calls_somebody(text, "text")
    if arguments.get("link_names") in (True, "true", 1, "1"):
        yield "link_names lets a customer's name call somebody"
    if blocks:
        yield from block_faults(blocks, on="message")
        yield from _hidden(blocks, "blocks")
    metadata = arguments.get("metadata")
    if metadata:
        yield from _only_ids(metadata, "metadata")


def _view(view: dict[str, Any]) -> Iterator[str]:
    for name in ("title", "submit", "close"):
        words = (view.get(name) or {}).get("text", "")
        if len(words) > SIZES["view words"]:
            yield f"{name} of {len(words)} characters"
    blocks = view.get("blocks", [])
    if len(blocks) > VIEW_BLOCKS:
        yield f"{len(blocks)} blocks in a view"
    if len(view.get("private_metadata") or "") > SIZES["private_metadata"]:
        yield "private_metadata is too long"
    if len(json.dumps(view, ensure_ascii=False).encode()) > SIZES["view bytes"]:
        yield "the view is larger than 250 kB"
    if view.get("type") == "modal" and not view.get("title"):
        yield "a modal without a title"
    if any(block.get("type") == "input" for block in blocks) and view.get("type") == "modal" and not view.get("submit"):
        yield "a modal with fields and nothing to send it"
    yield from block_faults(blocks, on="view")
    yield from _hidden(blocks, "blocks")
    if _SECRET.search(view.get("private_metadata") or ""):
        yield "a secret in private_metadata"


def _hidden(part: Any, at: str) -> Iterator[str]:
    """Values of buttons and options and the names of actions are read by apps and kept in logs: no secrets there."""
    if isinstance(part, list):
        for index, each in enumerate(part):
            yield from _hidden(each, f"{at}/{index}")
    elif isinstance(part, dict):
        for name, each in part.items():
            if name in ("value", "action_id", "block_id", "callback_id") and isinstance(each, str):
                if _SECRET.search(each):
                    yield f"a secret in {at}/{name}"
            else:
                yield from _hidden(each, f"{at}/{name}")
        if part.get("type") == "mrkdwn":
            yield from _calls_somebody(str(part.get("text", "")), at)
        if part.get("type") == "broadcast":
            yield f"{at} calls everybody"


def _only_ids(part: Any, at: str) -> Iterator[str]:
    """Metadata is readable by every app and person of a workspace."""
    if isinstance(part, dict):
        for name, each in part.items():
            yield from _only_ids(each, f"{at}/{name}")
    elif isinstance(part, list):
        for each in part:
            yield from _only_ids(each, at)
    elif isinstance(part, str) and (_SECRET.search(part) or not _ID.fullmatch(part)):
        yield f"{at} says more than an id"


def _calls_somebody(text: str, at: str) -> Found:
    if re.search(r"<!(?!date\^)", text):
        yield f"{at} calls a channel or a group: <!"


def _placed(at: str, faults: Found) -> Found:
    for fault in faults:
        yield f"{at}: {fault}"


def _decoded(value: Any) -> Any:
    """Blocks, views and metadata come as JSON in a string, when the call was a form."""
    if isinstance(value, str) and value[:1] in "[{":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def main(paths: list[str]) -> int:
    """Judges logs of traffic; 1 if there was anything to say."""
    found = [
        f"{path}: {fault}"
        for path in paths
        for fault in faults_in(json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines())
    ]
    sys.stdout.write("".join(f"{fault}\n" for fault in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
