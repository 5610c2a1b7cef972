"""Findings that all logs of a computer's own sensors share."""

from nas_engine.energy.traces.trace import Finding


def indicative(what: str, holds: str) -> Finding:
    """Warning that figures are of the computer's own sensors: `what` measured, and what its figure `holds`."""
    message = f"{what}, not of a power monitor: good for comparing, not for figures; it holds {holds}"
    return Finding("indicative", "warning", message)
