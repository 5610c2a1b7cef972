"""Studies whose trials have networks one block apart."""

from dataclasses import replace

from nas_engine.architecture import Architecture
from webapp.models import StoredArchitecture, Study, Trial
from webapp.translation import architecture, architecture_row


def sized_places(network: Architecture) -> list[int]:
    """Indices of the blocks that have filters."""
    return [n for n, block in enumerate(network.blocks) if block.kind != "identity"]


def widened(network: Architecture, place: int, filters: int = 8) -> Architecture:
    """The network with so many more filters in one block."""
    block = replace(network.blocks[place], filters=network.blocks[place].filters + filters)
    return replace(network, blocks=(*network.blocks[:place], block, *network.blocks[place + 1 :]))


def give_network(trial: Trial, network: Architecture) -> None:
    """Another network for a trial; its results stay."""
    StoredArchitecture.objects.bulk_create([architecture_row(network)], ignore_conflicts=True)
    Trial.objects.filter(pk=trial.pk).update(architecture=network.hash)


def give_variants(study: Study) -> int:
    """Each trial after the first gets the first's network with one block widened; returns how many these are."""
    first, *others = study.trials.order_by("number")
    network = architecture(first.architecture)
    places = sized_places(network)
    made = [widened(network, places[n % len(places)], 8 * (1 + n // len(places))) for n in range(len(others))]
    StoredArchitecture.objects.bulk_create(map(architecture_row, made), ignore_conflicts=True)
    for trial, variant in zip(others, made, strict=True):
        trial.architecture_id = variant.hash
    Trial.objects.bulk_update(others, ["architecture"])
    return len(others)
