"""Emoji short names, such as `:tada:`, and the characters they stand for."""

from __future__ import annotations

import re

EMOJI: dict[str, str] = {
    "+1": "👍", "thumbsup": "👍", "-1": "👎", "thumbsdown": "👎", "100": "💯", "abacus": "🧮",
    "alarm_clock": "⏰", "arrow_down": "⬇️", "arrow_down_small": "🔽", "arrow_forward": "▶️",
    "arrow_heading_down": "⤵️", "arrow_heading_up": "⤴️", "arrow_left": "⬅️", "arrow_lower_right": "↘️",
    "arrow_right": "➡️", "arrow_up": "⬆️", "arrow_up_small": "🔼", "arrow_upper_right": "↗️",
    "arrows_counterclockwise": "🔄", "ballot_box_with_check": "☑️", "balance_scale": "⚖️", "scales": "⚖️",
    "bank": "🏦", "bar_chart": "📊", "bell": "🔔", "no_bell": "🔕", "black_small_square": "▪️",
    "blue_heart": "💙", "blush": "😊", "book": "📖", "books": "📚", "boom": "💥", "bulb": "💡",
    "busts_in_silhouette": "👥", "bust_in_silhouette": "👤", "calendar": "📆", "card_index": "📇",
    "chart_with_downwards_trend": "📉", "chart_with_upwards_trend": "📈", "check": "✔️",
    "clap": "👏", "clipboard": "📋", "clock1": "🕐", "clock3": "🕒", "clock9": "🕘", "coin": "🪙",
    "cold_sweat": "😰", "construction": "🚧", "credit_card": "💳", "crystal_ball": "🔮", "dart": "🎯",
    "date": "📅", "dollar": "💵", "euro": "💶", "pound": "💷", "yen": "💴", "envelope": "✉️",
    "incoming_envelope": "📨", "exclamation": "❗", "grey_exclamation": "❕", "question": "❓",
    "eyes": "👀", "file_folder": "📁", "fire": "🔥", "gear": "⚙️", "gift": "🎁", "globe_with_meridians": "🌐",
    "green_heart": "💚", "grin": "😁", "hammer_and_wrench": "🛠️", "hand": "✋", "raised_hand": "✋",
    "handshake": "🤝", "heart": "❤️", "heavy_check_mark": "✔️", "heavy_minus_sign": "➖",
    "heavy_multiplication_x": "✖️", "heavy_plus_sign": "➕", "high_brightness": "🔆", "hourglass": "⌛",
    "hourglass_flowing_sand": "⏳", "hourglass_done": "⌛", "house": "🏠", "inbox_tray": "📥",
    "information_source": "ℹ️", "key": "🔑", "label": "🏷️", "large_blue_circle": "🔵", "blue_circle": "🔵",
    "large_green_circle": "🟢", "green_circle": "🟢", "large_orange_circle": "🟠", "orange_circle": "🟠",
    "large_yellow_circle": "🟡", "yellow_circle": "🟡", "red_circle": "🔴", "white_circle": "⚪",
    "black_circle": "⚫", "ledger": "📒", "link": "🔗", "lock": "🔒", "unlock": "🔓", "mag": "🔍",
    "mag_right": "🔎", "mailbox": "📫", "mega": "📣", "loudspeaker": "📢", "memo": "📝", "pencil": "📝",
    "pencil2": "✏️", "money_with_wings": "💸", "moneybag": "💰", "moon": "🌔", "mute": "🔇",
    "negative_squared_cross_mark": "❎", "new": "🆕", "newspaper": "📰", "no_entry": "⛔",
    "no_entry_sign": "🚫", "notebook": "📓", "octagonal_sign": "🛑", "stop_sign": "🛑", "ok": "🆗",
    "ok_hand": "👌", "open_file_folder": "📂", "outbox_tray": "📤", "package": "📦", "page_facing_up": "📄",
    "page_with_curl": "📃", "paperclip": "📎", "party_popper": "🎉", "tada": "🎉", "pause_button": "⏸️",
    "double_vertical_bar": "⏸️", "person_raising_hand": "🙋", "pray": "🙏", "pushpin": "📌",
    "raised_hands": "🙌", "receipt": "🧾", "repeat": "🔁", "rocket": "🚀", "rotating_light": "🚨",
    "scroll": "📜", "shield": "🛡️", "slightly_smiling_face": "🙂", "smile": "😄", "smiley": "😃",
    "sleeping": "😴", "zzz": "💤", "snowflake": "❄️", "sparkles": "✨", "speech_balloon": "💬",
    "star": "⭐", "stopwatch": "⏱️", "sunny": "☀️", "thinking_face": "🤔", "thread": "🧵", "ticket": "🎫",
    "timer_clock": "⏲️", "toolbox": "🧰", "triangular_flag_on_post": "🚩", "trophy": "🏆",
    "umbrella": "☔", "warning": "⚠️", "wastebasket": "🗑️", "wave": "👋", "white_check_mark": "✅",
    "white_small_square": "▫️", "wrench": "🔧", "writing_hand": "✍️", "x": "❌", "zap": "⚡",
}  # fmt: skip

_SHORT_NAME = re.compile(r":([a-z0-9_+\-]+):")


def with_emoji(text: str) -> str:
    """The text with known short names replaced; an unknown one stays as it was typed.

    >>> with_emoji("paid :tada: :no_such_thing:")
    'paid 🎉 :no_such_thing:'
    """
    return _SHORT_NAME.sub(lambda found: EMOJI.get(found[1], found[0]), text)
