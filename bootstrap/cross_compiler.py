"""Makes sure there are compilers for the exported C code: the host's, Arm's for microcontrollers, and an emulator."""

from bootstrap.programs import can_install, install, succeeds

PACKAGES = {
    "gcc": "gcc libc6-dev",
    "arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
    "qemu-system-arm": "qemu-system-arm",
}
"""Packages of Debian by the program that they bring."""
OPTIONS = {"arm-none-eabi-gcc": ["--specs=rdimon.specs"]}
"""Options with which a program has to run: the compiler also without newlib, but not with its specs."""


def missing() -> list[str]:
    """Programs that are not on PATH or do not run."""
    return [name for name in PACKAGES if not succeeds([name, *OPTIONS.get(name, []), "--version"])]


def advice(programs: list[str]) -> str:
    """A sentence for whoever lacks these programs."""
    packages = " ".join(PACKAGES[name] for name in programs)
    return f"Tests of the exported C code need {', '.join(programs)} (Debian: apt-get install {packages})."


def main() -> None:
    """Install what is missing where that is possible; without it those tests are skipped, so it is no error."""
    if not (programs := missing()):
        return
    if can_install():
        packages = " ".join(PACKAGES[name] for name in programs).split()
        print(f"Missing {', '.join(programs)}; trying `apt-get install {' '.join(packages)}`.", flush=True)
        install(packages)
    if programs := missing():
        print(f"{advice(programs)} They are skipped until then.", flush=True)


if __name__ == "__main__":
    main()
