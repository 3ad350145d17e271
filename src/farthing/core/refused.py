"""What the world may not have, worded for the person who asked."""


class Refused(Exception):
    """A request that cannot be granted; its text is one sentence that says what is wrong and how to mend it.

    >>> str(Refused("31 February is not a day; the last one is 28 February."))
    '31 February is not a day; the last one is 28 February.'
    """

    def __init__(self, sentence: str, *, field: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field


class Unknown(Refused):
    """Nothing by that name, or nothing that this person may see: the two are told alike."""


class Forbidden(Refused):
    """This person may not do that."""


class Clash(Refused):
    """It contradicts what is already so: the same key with other content, a plan that may not change."""


class Busy(Refused):
    """Not now, but soon: the caller may try again."""
