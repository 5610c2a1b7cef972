"""The tables. Only constraints and shapes live here; rules live in services, questions in queries."""

from webapp.models.architecture import StoredArchitecture, StoredNpuEstimate
from webapp.models.artifact import ArtifactChunk
from webapp.models.bundle import DeployBundle
from webapp.models.comparison import Comparison, Report
from webapp.models.dataset import Clip, Dataset, ListProfile
from webapp.models.detection import StreamDetection
from webapp.models.device import Campaign, Device, Runtime
from webapp.models.dry_run import DryRun
from webapp.models.energy_model import EnergyModel, TrialEnergyEstimate
from webapp.models.event import Event
from webapp.models.finals import Finalist, SeedResult, SplitOpening
from webapp.models.listening import Listening
from webapp.models.measuring import BenchKit, MappingProfile, MeasurementFile, Run
from webapp.models.recording import RecordingSet, StoredRecording
from webapp.models.shortlist import ShortlistedTrial
from webapp.models.stream_evaluation import StreamEvaluation
from webapp.models.study import Study
from webapp.models.trial import ClipMistakes, CurvePoint, Trial, TrialQuerySet
from webapp.models.worker import Worker

__all__ = [
    "ArtifactChunk",
    "BenchKit",
    "Campaign",
    "Clip",
    "ClipMistakes",
    "Comparison",
    "CurvePoint",
    "Dataset",
    "DeployBundle",
    "Device",
    "DryRun",
    "EnergyModel",
    "Event",
    "Finalist",
    "ListProfile",
    "Listening",
    "MappingProfile",
    "MeasurementFile",
    "RecordingSet",
    "Report",
    "Run",
    "Runtime",
    "SeedResult",
    "ShortlistedTrial",
    "SplitOpening",
    "StoredArchitecture",
    "StoredNpuEstimate",
    "StoredRecording",
    "StreamDetection",
    "StreamEvaluation",
    "Study",
    "Trial",
    "TrialEnergyEstimate",
    "TrialQuerySet",
    "Worker",
]
