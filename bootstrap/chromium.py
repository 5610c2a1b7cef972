"""Makes sure there is a Chromium for the browser tests: one on PATH, else Playwright's, else the system's package."""

import os
import shutil
import sys

from bootstrap.programs import can_install, install, succeeds

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def on_path() -> str | None:
    """Browser that really runs; a name on PATH may be a stub that only prints how to install one."""
    for name in NAMES:
        path = shutil.which(name)
        if path and succeeds([path, "--version"]):
            return path
    return None


def from_playwright() -> str | None:
    """The browser that Playwright keeps in its own cache."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if os.access(path, os.X_OK) else None


def main() -> None:
    if on_path() or from_playwright():
        return
    print("No Chromium found; trying `playwright install chromium`.", flush=True)
    if succeeds([sys.executable, "-m", "playwright", "install", "chromium"]) and from_playwright():
        return
    if can_install():
        print("That did not work; trying `apt-get install chromium`.", flush=True)
        if install(["chromium"]) and on_path():
            return
    sys.exit(
        "The browser tests need a Chromium and none could be installed. Install one so that `chromium` is on PATH "
        "(Debian: apt-get install chromium), or run `.venv/bin/playwright install --with-deps chromium`."
    )


if __name__ == "__main__":
    main()
