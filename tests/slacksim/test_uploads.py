"""A file goes up in three steps, once, and appears in its channel a moment after the answer."""

from typing import Any

import aiohttp

from farthing_slacksim.model import Json
from tests.slacksim.bolt import Loop, Office

PDF = b"%PDF-1.7 an invoice"


async def send(url: str, content: bytes) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.post(url, data=content) as response:
        return response.status, await response.text()


async def fetch(url: str, token: str | None) -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        return response.status, await response.read()


def begin(office: Office, loop: Loop, **more: Any) -> Json:
    step = office.web.files_getUploadURLExternal(filename="invoice.pdf", length=len(PDF), **more)
    return dict(loop.run(step).data)


def test_the_sdk_uploads_in_one_call_and_the_file_is_shared_a_little_later(office: Office, loop: Loop) -> None:
    office.sim.share_delay_seconds = 0.1
    uploaded = loop.run(
        office.web.files_upload_v2(
            channel=office.finance,
            content=PDF,
            filename="invoice.pdf",
            title="Invoice 7",
            initial_comment="Here & now",
        )
    )
    file_id = uploaded["file"]["id"]
    assert loop.run(office.web.files_info(file=file_id))["file"]["shares"] == {}
    assert office.sim.workspace.wait_until(lambda: office.sim.workspace.messages(office.finance))

    (message,) = office.sim.workspace.messages(office.finance)
    told = loop.run(office.web.files_info(file=file_id))["file"]
    assert message.text == "Here &amp; now"
    assert [file["title"] for file in message.files] == ["Invoice 7"]
    assert told["shares"]["public"][office.finance][0]["ts"] == message.ts
    assert told["channels"] == [office.finance]
    assert (told["mimetype"], told["size"]) == ("application/pdf", len(PDF))
    assert loop.run(fetch(told["url_private"], office.app.bot_token)) == (200, PDF)
    assert loop.run(fetch(told["url_private"], None))[0] == 403


def test_an_upload_takes_exactly_the_bytes_announced_and_is_completed_once(office: Office, loop: Loop) -> None:
    step = begin(office, loop)
    complete = office.web.files_completeUploadExternal
    entry = [{"id": step["file_id"], "title": "Invoice"}]
    assert loop.error(complete(files=entry)) == "file_not_found"
    assert loop.run(send(step["upload_url"], PDF[:-1]))[0] == 400
    assert loop.run(send(step["upload_url"], PDF)) == (200, f"OK - {len(PDF)}")
    assert loop.run(complete(files=entry, channel_id=office.finance))["files"][0]["title"] == "Invoice"
    assert loop.error(complete(files=entry, channel_id=office.finance)) == "file_not_found"
    assert loop.run(send(step["upload_url"], PDF))[0] == 404
    office.sim.workspace.wait_until(lambda: office.sim.workspace.messages(office.finance))
    assert len(office.sim.workspace.messages(office.finance)) == 1


def test_a_completion_whose_answer_is_lost_took_effect(office: Office, loop: Loop) -> None:
    step = begin(office, loop)
    loop.run(send(step["upload_url"], PDF))
    office.sim.faults.drop_after_accept("files.completeUploadExternal")
    complete = office.web.files_completeUploadExternal(files=[{"id": step["file_id"]}], channel_id=office.finance)
    try:
        loop.run(complete)
        lost = False
    except aiohttp.ServerDisconnectedError:
        lost = True
    assert lost
    assert office.sim.workspace.wait_until(lambda: office.sim.workspace.messages(office.finance))


def test_a_file_goes_into_a_thread_or_to_a_person_but_not_where_the_bot_is_not(office: Office, loop: Loop) -> None:
    elsewhere = office.sim.workspace.add_channel(name="elsewhere")
    posted = loop.run(office.web.chat_postMessage(channel=office.finance, text="Invoice 7"))
    for place, thread in ((office.fay, None), (office.finance, posted["ts"])):
        step = begin(office, loop, alt_txt="An invoice")
        loop.run(send(step["upload_url"], PDF))
        complete = office.web.files_completeUploadExternal
        entry = [{"id": step["file_id"]}]
        assert loop.error(complete(files=entry, channel_id=elsewhere)) == "not_in_channel"
        loop.run(complete(files=entry, channels=[place], thread_ts=thread))
    hands = office.sim.person(office.fay)
    assert office.sim.workspace.wait_until(lambda: len(office.sim.workspace.messages(office.finance)) == 2)
    assert [message.files[0]["alt_txt"] for message in hands.direct_messages()] == ["An invoice"]
    assert office.sim.workspace.messages(office.finance)[1].thread_ts == posted["ts"]


def test_an_image_block_may_show_a_file_that_was_uploaded(office: Office, loop: Loop) -> None:
    step = begin(office, loop)
    loop.run(send(step["upload_url"], PDF))
    loop.run(office.web.files_completeUploadExternal(files=[{"id": step["file_id"]}]))

    def post(file_id: str) -> Any:
        image = {"type": "image", "slack_file": {"id": file_id}, "alt_text": "Spend by day"}
        return office.web.chat_postMessage(channel=office.finance, text="Chart", blocks=[image])

    assert loop.run(post(step["file_id"]))["ok"]
    assert loop.error(post("F0NOSUCH")) == "invalid_blocks"
