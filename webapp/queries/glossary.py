"""Glossary: each technical term of the pages in one line, with its section of the paper.

Sections are those of Speckhard et al., *Neural Architecture Search for Energy Efficient Always-on Audio Models*; terms
that the paper does not use have none.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Term(NamedTuple):
    """A term with its line; `section` of the paper, "" if it is not in it; names of form fields that it explains."""

    slug: str
    name: str
    section: str
    fields: tuple[str, ...]
    line: str


SUBJECTS: Mapping[str, tuple[Term, ...]] = {
    "Search": (
        Term("study", "Study", "5", (),
             "One search: a space of networks, a dataset, a designer, a budget of trials, a reward."),
        Term("trial", "Trial", "5", ("trial_budget",),
             "One network of a study trained, quantised and scored; numbered from 1 within its study."),
        Term("suggestion", "Suggestion", "5", (), "The network that the designer proposes for the next trial."),
        Term("designer", "Designer", "5", ("designer", "switch_at"),
             "The algorithm that suggests the next network from the results of the former ones."),
        Term("baseline", "Baseline", "6", (), "A published network trained on the same dataset, for comparison."),
        Term("seed", "Seed", "", ("seed",),
             "The number that all random choices start from: the same seed makes the same choices."),
        Term("warm-start", "Warm start", "", (),
             "A search that begins with results of an earlier one instead of none."),
        Term("job", "Job", "", (),
             "Work that a worker process does apart from the pages, such as preparing a dataset."),
        Term("heartbeat", "Heartbeat", "", (),
             "The regular sign of life of a worker; without it, its trial is given to another."),
    ),
    "Goal": (
        Term("reward", "Reward", "2", ("accuracy_measure",),
             "The figure a study maximises, Equation 1: accuracy less penalties for energy and flash above their "
             "thresholds."),
        Term("objective", "Objective", "2", (), "A quantity to be made large or small: accuracy, energy, flash."),
        Term("threshold", "Threshold", "2", ("energy_threshold_mj", "flash_threshold_kb"),
             "Energy E₀ or flash M₀ up to which Equation 1 takes nothing off the accuracy."),
        Term("slope", "Slope", "2", ("energy_step_mj", "flash_step_kb"),
             "What Equation 1 takes off above a threshold, given as a step of the resource and the points of "
             "accuracy that it must bring."),
        Term("constraint", "Constraint", "", ("flash_limit_kb",),
             "A hard limit of flash, RAM, energy or time that a network must keep."),
        Term("violation", "Violation", "", (),
             "A network's estimate above a hard limit: it is recorded, not trained, and costs no budget."),
        Term("pareto-front", "Pareto front", "6", (),
             "The trials that no other trial beats in both quantities, such as accuracy and energy."),
        Term("hypervolume", "Hypervolume", "", (),
             "How much of the plane of accuracy and cost a Pareto front dominates: one figure for a whole front."),
    ),
    "Networks": (
        Term("search-space", "Search space", "3", ("space",),
             "All networks that a study may try: the options of each block, and their combinations."),
        Term("architecture", "Architecture", "3", (), "A network's design without its weights: stem, blocks and head."),
        Term("stem", "Stem", "3.1", (), "The first layers of a network, which take the log-mel spectrogram."),
        Term("block", "Block", "3.3", (),
             "A group of layers of one kind, kernel size and number of filters; networks are chains of them."),
        Term("head", "Head", "3", (), "The last layers, which make class probabilities of the blocks' output."),
        Term("kernel-size", "Kernel size", "3.4", (), "How many neighbouring positions a convolution sees at once."),
        Term("filters", "Filters", "3.5", (), "The number of output channels of a block."),
        Term("strides", "Strides", "3", (),
             "How far a convolution moves from one position to the next, in time and in frequency."),
        Term("flops", "FLOPs", "2.3", (),
             "Floating-point operations of one inference, two a multiply-accumulate (MAC)."),
        Term("flash", "Flash", "2.5", (),
             "Bytes of the network's .tflite file, which the device keeps in its flash memory."),
        Term("peak-ram", "Peak RAM", "2.5", ("peak_ram_limit_kb",),
             "Bytes of the activations that are alive at once during an inference."),
    ),
    "Training": (
        Term("learning-curve", "Learning curve", "5.1", (), "Accuracy and loss of a trial, epoch by epoch."),
        Term("epoch", "Epoch", "4", ("full_epochs",), "One pass of training over all clips of the training split."),
        Term("early-stopping", "Early stopping", "5.1", ("early_stopping", "stop_confidence"),
             "Ending a trial whose learning curve promises less than the best one."),
        Term("rung", "Rung", "", (), "A fixed number of epochs at which a rule decides which trials go on."),
        Term("fidelity", "Fidelity", "", (),
             "How much of the whole training a result is from; few epochs are a low fidelity."),
        Term("qat", "QAT", "2.1", ("qat_epochs",),
             "Quantisation-aware training: the last epochs with weights rounded as on the device."),
        Term("int8", "int8 accuracy", "2.1", (),
             "Accuracy of the network with weights and activations of eight bits, as a device runs it."),
        Term("converter", "Converter", "2.1", (),
             "TensorFlow's program that makes the .tflite file of a trained network."),
        Term("delegate", "Delegate", "2.2", ("runtime",),
             "The library that runs a .tflite file's operators on a phone, such as XNNPACK; the reference kernels "
             "are the slow, exact ones."),
        Term("batchnorm", "BatchNorm", "3", ("statistics_stride",),
             "A layer that brings activations to mean 0 and variance 1 in training; it is folded into the weights "
             "afterwards."),
        Term("confirmation", "Confirmation", "", (),
             "A trial that trains the network of a good trial again with another seed, to see whether it was luck."),
    ),
    "Energy": (
        Term("energy", "Energy per inference", "2.2", (), "Millijoules that one run of the network takes."),
        Term("estimate", "Estimate", "2.3", (),
             "A figure of an energy predictor; nothing was measured for this network."),
        Term("predictor", "Energy predictor", "2.4", ("energy_model",),
             "A rule or a model that estimates a network's energy from its architecture."),
        Term("cost-model", "Analytical cost model", "2.3", (),
             "An energy predictor of published figures: energy by FLOPs and bytes."),
        Term("measured", "Measured", "2.2", (),
             "A figure from an instrument, such as a power monitor, on a real device."),
        Term("power", "Power", "2.2", (), "Milliwatts: energy a second while the network runs."),
        Term("latency", "Latency", "2.2", ("npu_time_limit_ms",), "Milliseconds that one inference takes."),
        Term("active-learning", "Active learning", "", (),
             "Choosing the networks to measure next by what an energy model knows least."),
        Term("acquisition", "Acquisition", "5", (),
             "The figure by which a Gaussian process ranks what to try or measure next."),
        Term("leave-one-out", "Leave-one-out", "", (),
             "Testing a model on each network after fitting it to all others."),
    ),
    "Sounds": (
        Term("clip", "Clip", "4", ("dataset",),
             "A short, labelled piece of sound: what networks are trained and scored on."),
        Term("recording", "Recording", "", (),
             "The longer sound that clips were cut from; its clips stay in one split."),
        Term("split", "Split", "4", (),
             "Part of a dataset: training, evaluation (what searches see) and test (opened at the end)."),
        Term("frame", "Frame", "4", (), "A stretch of some milliseconds of sound, one column of the spectrogram."),
        Term("hop", "Hop", "4", (), "The time from one frame, or one inference, to the next."),
        Term("mel-bins", "Mel bins", "4", (),
             "Bands of frequency, narrow at low and wide at high frequencies, as the ear has them."),
        Term("log-mel", "Log-mel spectrogram", "4", (),
             "Logarithm of the energy in each mel bin and frame: the network's input."),
    ),
    "Always on": (
        Term("event", "Event", "", (), "A sound of a class in a stream, from its onset to its end."),
        Term("onset", "Onset", "", (), "The moment an event begins."),
        Term("false-alarms", "False alarms per hour", "", ("stream_alarms_per_hour",),
             "Detections an hour without an event of that class."),
        Term("miss-rate", "miss rate", "", (), "The share of events that were not detected."),
        Term("detection-rate", "Detection rate", "", (),
             "The share of events that were detected: one less the miss rate."),
        Term("det", "DET curve", "", (), "The miss rate over false alarms per hour, for every threshold of detection."),
        Term("snr", "Signal-to-noise ratio", "", ("stream_snr_db",),
             "How many decibels an event is louder than its background."),
    ),
}  # fmt: skip
"""Terms by subject."""
TERMS: Mapping[str, Term] = {term.slug: term for terms in SUBJECTS.values() for term in terms}
OF_FIELDS: Mapping[str, Term] = {field: term for term in TERMS.values() for field in term.fields}
"""Term that explains a field of a study's form, by the field's name."""
