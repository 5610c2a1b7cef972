"""Whole numbers as addresses and forms bring them: text that may hold anything."""

LARGEST_ID = 2**63 - 1
_MOST_DIGITS = 19


def whole_number(text: str, *, least: int = 0, most: int = LARGEST_ID) -> int | None:
    """The number that `text` writes in the digits 0 to 9, perhaps with zeros in front; None if it is none of
    `least` to `most`.
    """
    digits = text.strip().lstrip("0") or text.strip()[-1:]
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS):
        return None
    number = int(digits)
    return number if least <= number <= most else None
