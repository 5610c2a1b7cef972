"""Makes sure there are a C++ compiler and CMake for the tests that build the projects of a deploy bundle."""

from bootstrap.programs import can_install, install, succeeds

PROGRAMS = ("cmake", "make", "gcc", "g++")
"""What is needed; Debian's packages have the same names."""


def missing() -> list[str]:
    """Programs that are not on PATH or do not run."""
    return [name for name in PROGRAMS if not succeeds([name, "--version"])]


def advice(programs: list[str]) -> str:
    """A sentence for whoever lacks these programs."""
    packages = " ".join(programs)
    return f"Tests of deploy bundles need {', '.join(programs)} (Debian: apt-get install {packages})."


def main() -> None:
    """Install what is missing where that is possible; without it those tests are skipped, so it is no error."""
    if not (programs := missing()):
        return
    if can_install():
        print(f"Missing {', '.join(programs)}; trying `apt-get install {' '.join(programs)}`.", flush=True)
        install(programs)
    if programs := missing():
        print(f"{advice(programs)} They are skipped until then.", flush=True)


if __name__ == "__main__":
    main()
