"""The tables. Only constraints and shapes live here; rules live in services, questions in queries."""

from webapp.models.architecture import StoredArchitecture
from webapp.models.artifact import ArtifactChunk
from webapp.models.dataset import Clip, Dataset, ListProfile
from webapp.models.device import Campaign, Device, Runtime
from webapp.models.dry_run import DryRun
from webapp.models.energy_model import EnergyModel, TrialEnergyEstimate
from webapp.models.event import Event
from webapp.models.measuring import BenchKit, MappingProfile, MeasurementFile, Run
from webapp.models.study import Study
from webapp.models.trial import CurvePoint, Trial, TrialQuerySet
from webapp.models.worker import Worker

__all__ = [
    "ArtifactChunk",
    "BenchKit",
    "Campaign",
    "Clip",
    "CurvePoint",
    "Dataset",
    "Device",
    "DryRun",
    "EnergyModel",
    "Event",
    "ListProfile",
    "MappingProfile",
    "MeasurementFile",
    "Run",
    "Runtime",
    "StoredArchitecture",
    "Study",
    "Trial",
    "TrialEnergyEstimate",
    "TrialQuerySet",
    "Worker",
]
