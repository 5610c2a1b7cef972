"""Whole searches at equal compute: networks found for so many epochs, or seconds, by Earshot and by peers."""
