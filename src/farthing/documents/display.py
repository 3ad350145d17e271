"""How numbers, money and dates are written where no language is chosen: in English."""

from farthing.languages.language import english

number = english().number
amount = english().amount
compact = english().compact
exact = english().exact
interval = english().interval
short_day = english().short_day
