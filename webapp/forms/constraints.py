"""Hard limits in the form of a study: that there are some, and that they leave something to search."""

from collections.abc import Iterator, Mapping
from typing import Any

from nas_engine.search_space.spec import SpaceSpec
from webapp.energy_predictors import is_known_once_compiled
from webapp.models import Study
from webapp.models.study import BYTES_PER_KB
from webapp.queries.space_costs import bounds_of, share_within, summary_of

NPU_LIMIT_FIELDS = ("npu_time_limit_ms", "npu_sram_limit_kb")
"""Limits on estimates of the accelerator: known once a network has been compiled, not of a space."""
LIMIT_FIELDS: Mapping[str, tuple[str, float, str]] = {
    "flash_limit_kb": ("flash_bytes", BYTES_PER_KB, "kB"),
    "peak_ram_limit_kb": ("peak_ram_bytes", BYTES_PER_KB, "kB"),
    "energy_limit_mj": ("energy_mj", 1.0, "mJ"),
}
"""Each limit's quantity in `nas_engine.space_summary`, its unit, and how much of the quantity's unit that is."""
HELP_TEXTS: Mapping[str, str] = {
    "flash_limit_kb": "Size of the .tflite file, estimated within some percent before training. Empty: no limit.",
    "peak_ram_limit_kb": "Bytes of the activations that are alive at once, counted exactly. Empty: no limit.",
    "energy_limit_mj": "Energy per inference as the energy model predicts it. Empty: no limit.",
    "npu_sram_limit_kb": "What Vela allocates for one inference. Empty: no limit.",
}


def constraint_errors(values: Mapping[str, Any], spec: SpaceSpec) -> Iterator[tuple[str, str]]:
    """(field, message) of what is wrong with the form's hard limits for this space."""
    if not values.get("enforce_constraints"):
        return
    yield from _accelerator_errors(values)
    if all(values.get(field) is None for field in (*LIMIT_FIELDS, *NPU_LIMIT_FIELDS)):
        yield "enforce_constraints", "Constraints need a limit to exclude anything: give one, or switch them off."
        return
    study = Study(**{field: values.get(field) for field in (*Study.CONSTRAINT_SETTINGS, "energy_model")})
    yield from _impossible(values, spec, study)


def _accelerator_errors(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    given = [field for field in NPU_LIMIT_FIELDS if values.get(field) is not None]
    if given and not values.get("accelerator"):
        yield "accelerator", "Choose the Ethos-U that the limits of inference time and SRAM are for."
    if values.get("accelerator") and not given:
        yield "accelerator", "Give a limit of inference time or SRAM for this Ethos-U, or choose none."


def _impossible(values: Mapping[str, Any], spec: SpaceSpec, study: Study) -> Iterator[tuple[str, str]]:
    """Limits that no network drawn from the space keeps, one by one or, if each is kept by some, together."""
    bounds = bounds_of(study)
    summary, alone = summary_of(spec, bounds), True
    for field, (quantity, unit_size, unit) in LIMIT_FIELDS.items():
        smallest = summary.quantiles[quantity].minimum / unit_size
        if quantity == "energy_mj" and is_known_once_compiled(study):
            continue
        if values.get(field) is not None and values[field] < smallest:
            alone = False
            yield (
                field,
                (
                    f"No network of this space is so small: the smallest of {summary.samples:,} drawn at random takes "
                    f"{smallest:.4g} {unit}. Raise the limit or edit the space."
                ),
            )
    if alone and not share_within(spec, bounds):
        yield (
            "enforce_constraints",
            (
                f"None of {summary.samples:,} networks drawn at random keeps all limits together: raise one, or edit "
                "the space."
            ),
        )
