"""Energy of one inference from sums that a meter took over whole windows, without a trace."""

from collections.abc import Sequence

from nas_engine.energy.runs.settings import RunSettings
from nas_engine.energy.traces.integration import InferenceEnergy, inference_energy
from nas_engine.energy.traces.trace import EnergySummary


def summed_energies(
    summaries: Sequence[EnergySummary], latency_ms: float | None, settings: RunSettings
) -> tuple[InferenceEnergy, ...]:
    """Energies [n] of one inference, one for each window of all `summaries`, each a repeat.

    Mean power times `latency_ms`; without one, the window's energy over `settings.inferences`. () where neither is
    known.
    """
    windows = [part for summary in summaries for part in (summary.parts or (summary,))]
    found = []
    for window in windows:
        latency = latency_ms
        if latency is None and settings.inferences:
            latency = 1e3 * window.duration_s / settings.inferences
        if latency is None:
            return ()
        total_mj = window.energy_mj if settings.inferences else None
        found.append(
            inference_energy(window.mean_power_mw, settings.idle_power_mw, latency, total_mj, settings.inferences)
        )
    return tuple(found)
