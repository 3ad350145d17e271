"""An answer of Slack that says no: a code, and what else Slack puts beside it."""

from farthing_slacksim.model import Json


class SlackError(Exception):
    """Raised anywhere in the simulator, answered to the app as `{"ok": false, "error": code, …}`."""

    def __init__(self, code: str, *, messages: list[str] | None = None, status: int = 200, **more: object) -> None:
        super().__init__(code if not messages else f"{code}: {'; '.join(messages)}")
        self.code = code
        self.messages = messages or []
        self.status = status
        self.more = more

    def answer(self) -> Json:
        """
        >>> SlackError("channel_not_found").answer()
        {'ok': False, 'error': 'channel_not_found'}
        >>> SlackError("invalid_blocks", messages=["[ERROR] bad"]).answer()["response_metadata"]
        {'messages': ['[ERROR] bad']}
        """
        answer: Json = {"ok": False, "error": self.code, **self.more}
        if self.messages:
            # Slack repeats the pointers: `errors` for blocks, `response_metadata.messages` everywhere.
            answer["errors"] = [message.removeprefix("[ERROR] ") for message in self.messages]
            answer["response_metadata"] = {"messages": self.messages}
        return answer
