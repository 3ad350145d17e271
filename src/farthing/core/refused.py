"""What the world may not have, worded for the person who asked."""

from farthing.core.saying import Saying


class Refused(Exception):
    """A request that cannot be granted; its text is one sentence that says what is wrong and how to mend it.

    >>> str(Refused("31 February is not a day; the last one is 28 February."))
    '31 February is not a day; the last one is 28 February.'

    Where people may read it in another language, its values are given by name, and the message stands for the sentence:

    >>> no = Refused("No meter is called “{key}”.", key="tokens")
    >>> no.sentence, no.saying.message
    ('No meter is called “tokens”.', 'No meter is called “{key}”.')
    """

    def __init__(self, message: str, /, *, field: str | None = None, **values: object) -> None:
        self.saying, self.field = Saying(message, values), field
        self.sentence = str(self.saying)
        super().__init__(self.sentence)


class Unknown(Refused):
    """Nothing by that name, or nothing that this person may see: the two are told alike."""


class Forbidden(Refused):
    """This person may not do that."""


class Clash(Refused):
    """It contradicts what is already so: the same key with other content, a plan that may not change."""


class Busy(Refused):
    """Not now, but soon: the caller may try again."""
