"""*Language* in Home: what somebody reads in Slack is in the language that they choose for themselves."""

from farthing.core.invoicing.invoice import LANGUAGES
from farthing.languages.language import language
from farthing.slack.views.blocks import Block, choice, divider, section
from farthing.slack.views.words import say

LANGUAGE_ACTION = "home_language"
NO_CHOICE = "default"


def language_section(chosen: str | None) -> list[Block]:
    """The choice; each language is called as its own speakers call it."""
    options = [(say("As your company is written to"), NO_CHOICE)]
    options += [(language(code).own_name, code) for code in LANGUAGES]
    menu = choice(LANGUAGE_ACTION, say("Language"), options)
    menu["initial_option"] = next(one for one in menu["options"] if one["value"] == (chosen or NO_CHOICE))
    return [divider(), section(say("*Language* of what you read here"), accessory=menu)]
