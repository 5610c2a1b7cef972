"""Networks that were proposed to be measured go to the bench."""

from collections.abc import Sequence

from nas_engine.architecture import Architecture
from webapp import translation
from webapp.models import BenchKit
from webapp.services.benches import request_kit
from webapp.services.requests import save_architectures


def order_proposed(*, campaign_id: int, networks: Sequence[Architecture]) -> BenchKit:
    """A bench kit of these networks, which need not have been trained or even suggested before."""
    save_architectures([translation.architecture_row(network) for network in networks])
    return request_kit(campaign_id=campaign_id, hashes=[network.hash for network in networks])
