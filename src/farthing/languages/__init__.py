"""The languages that people are written to in: messages by their English text, and numbers, money and dates by CLDR."""
