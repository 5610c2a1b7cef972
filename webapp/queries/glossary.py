"""Glossary: each technical term of the pages in one line, with its section of the paper.

Sections are those of Speckhard et al., *Neural Architecture Search for Energy Efficient Always-on Audio Models*; terms
that the paper does not use have none.
"""

from collections.abc import Mapping
from typing import NamedTuple


class GlossaryTerm(NamedTuple):
    """A term with its line; `section` of the paper, "" if it is not in it; names of form fields that it explains."""

    slug: str
    name: str
    section: str
    fields: tuple[str, ...]
    line: str


_term = GlossaryTerm
SUBJECTS: Mapping[str, tuple[GlossaryTerm, ...]] = {
    "Search": (
        _term("study", "Study", "5", (),
             "One search: a space of networks, a dataset, a designer, a budget of trials, a reward."),
        _term("trial", "Trial", "5", ("trial_budget",),
             "One network of a study trained, quantised and scored; numbered from 1 within its study."),
        _term("suggestion", "Suggestion", "5", (), "The network that the designer proposes for the next trial."),
        _term("designer", "Designer", "5", ("designer", "switch_at"),
             "The algorithm that suggests the next network from the results of the former ones."),
        _term("baseline", "Baseline", "6", (), "A published network trained on the same dataset, for comparison."),
        _term("seed", "Seed", "", ("seed",),
             "The number that all random choices start from: the same seed makes the same choices."),
        _term("warm-start", "Warm start", "", (),
             "A search that begins with results of an earlier one instead of none."),
        _term("job", "Job", "", (),
             "Work that a worker process does apart from the pages, such as preparing a dataset."),
        _term("heartbeat", "Heartbeat", "", (),
             "The regular sign of life of a worker; without it, its trial is given to another."),
    ),
    "Goal": (
        _term("reward", "Reward", "2", ("accuracy_measure",),
             "The figure a study maximises, Equation 1: accuracy less penalties for energy and flash above their "
             "thresholds."),
        _term("objective", "Objective", "2", (), "A quantity to be made large or small: accuracy, energy, flash."),
        _term("threshold", "Threshold", "2", ("energy_threshold_mj", "flash_threshold_kb"),
             "Energy E₀ or flash M₀ up to which Equation 1 takes nothing off the accuracy."),
        _term("slope", "Slope", "2", ("energy_step_mj", "flash_step_kb"),
             "What Equation 1 takes off above a threshold, given as a step of the resource and the points of "
             "accuracy that it must bring."),
        _term("constraint", "Constraint", "", ("flash_limit_kb",),
             "A hard limit of flash, RAM, energy or time that a network must keep."),
        _term("violation", "Violation", "", (),
             "A network's estimate above a hard limit: it is recorded, not trained, and costs no budget."),
        _term("pareto-front", "Pareto front", "6", (),
             "The trials that no other trial beats in both quantities, such as accuracy and energy."),
        _term("hypervolume", "Hypervolume", "", (),
             "How much of the plane of accuracy and cost a Pareto front dominates: one figure for a whole front."),
    ),
    "Networks": (
        _term("search-space", "Search space", "3", ("space",),
             "All networks that a study may try: the options of each block, and their combinations."),
        _term("architecture", "Architecture", "3", (), "A network without its weights: stem, blocks and head."),
        _term("stem", "Stem", "3.1", (), "The first layers of a network, which take the log-mel spectrogram."),
        _term("block", "Block", "3.3", (),
             "A group of layers of one kind, kernel size and number of filters; networks are chains of them."),
        _term("head", "Head", "3", (), "The last layers, which make class probabilities of the blocks' output."),
        _term("kernel-size", "Kernel size", "3.4", (), "How many neighbouring positions a convolution sees at once."),
        _term("filters", "Filters", "3.5", (), "The number of output channels of a block."),
        _term("strides", "Strides", "3", (),
             "How far a convolution moves from one position to the next, in time and in frequency."),
        _term("flops", "FLOPs", "2.3", (),
             "Floating-point operations of one inference, two a multiply-accumulate (MAC)."),
        _term("flash", "Flash", "2.5", (),
             "Bytes of the network's .tflite file, which the device keeps in its flash memory."),
        _term("peak-ram", "Peak RAM", "2.5", ("peak_ram_limit_kb",),
             "Bytes of the activations that are alive at once during an inference."),
    ),
    "Training": (
        _term("learning-curve", "Learning curve", "5.1", (), "Accuracy and loss of a trial, epoch by epoch."),
        _term("epoch", "Epoch", "4", ("full_epochs",), "One pass of training over all clips of the training split."),
        _term("early-stopping", "Early stopping", "5.1", ("early_stopping", "stop_confidence"),
             "Ending a trial whose learning curve promises less than the best one."),
        _term("rung", "Rung", "", (), "A fixed number of epochs at which a rule decides which trials go on."),
        _term("fidelity", "Fidelity", "", (),
             "How much of the whole training a result is from; few epochs are a low fidelity."),
        _term("qat", "QAT", "2.1", ("qat_epochs",),
             "Quantisation-aware training: the last epochs with weights rounded as on the device."),
        _term("int8", "int8 accuracy", "2.1", (),
             "Accuracy of the network with weights and activations of eight bits, as a device runs it."),
        _term("converter", "Converter", "2.1", (),
             "TensorFlow's program that makes the .tflite file of a trained network."),
        _term("delegate", "Delegate", "2.2", ("runtime",),
             "The library that runs a .tflite file's operators on a phone, such as XNNPACK; the reference kernels "
             "are the slow, exact ones."),
        _term("batchnorm", "BatchNorm", "3", ("statistics_stride",),
             "A layer that brings activations to mean 0 and variance 1 in training; it is folded into the weights "
             "afterwards."),
        _term("confirmation", "Confirmation", "", (),
             "A trial that trains the network of a good trial again with another seed, to see whether it was luck."),
    ),
    "Energy": (
        _term("energy", "Energy per inference", "2.2", (), "Millijoules that one run of the network takes."),
        _term("estimate", "Estimate", "2.3", (),
             "A figure of an energy predictor; nothing was measured for this network."),
        _term("predictor", "Energy predictor", "2.4", ("energy_model",),
             "A rule or a model that estimates a network's energy from its architecture."),
        _term("cost-model", "Analytical cost model", "2.3", (),
             "An energy predictor of published figures: energy by FLOPs and bytes."),
        _term("measured", "Measured", "2.2", (),
             "A figure from an instrument, such as a power monitor, on a real device."),
        _term("power", "Power", "2.2", (), "Milliwatts: energy a second while the network runs."),
        _term("latency", "Latency", "2.2", ("npu_time_limit_ms",), "Milliseconds that one inference takes."),
        _term("active-learning", "Active learning", "", (),
             "Choosing the networks to measure next by what an energy model knows least."),
        _term("acquisition", "Acquisition", "5", (),
             "The figure by which a Gaussian process ranks what to try or measure next."),
        _term("leave-one-out", "Leave-one-out", "", (),
             "Testing a model on each network after fitting it to all others."),
    ),
    "Sounds": (
        _term("clip", "Clip", "4", ("dataset",),
             "A short, labelled piece of sound: what networks are trained and scored on."),
        _term("recording", "Recording", "", (),
             "The longer sound that clips were cut from; its clips stay in one split."),
        _term("split", "Split", "4", (),
             "Part of a dataset: training, evaluation (what searches see) and test (opened at the end)."),
        _term("frame", "Frame", "4", (), "A stretch of some milliseconds of sound, one column of the spectrogram."),
        _term("hop", "Hop", "4", (), "The time from one frame, or one inference, to the next."),
        _term("mel-bins", "Mel bins", "4", (),
             "Bands of frequency, narrow at low and wide at high frequencies, as the ear has them."),
        _term("log-mel", "Log-mel spectrogram", "4", (),
             "Logarithm of the energy in each mel bin and frame: the network's input."),
    ),
    "Always on": (
        _term("event", "Event", "", (), "A sound of a class in a stream, from its onset to its end."),
        _term("onset", "Onset", "", (), "The moment an event begins."),
        _term("false-alarms", "False alarms per hour", "", ("stream_alarms_per_hour",),
             "Detections an hour without an event of that class."),
        _term("miss-rate", "miss rate", "", (), "The share of events that were not detected."),
        _term("detection-rate", "Detection rate", "", (),
             "The share of events that were detected: one less the miss rate."),
        _term("det", "DET curve", "", (), "The miss rate over false alarms per hour, for every threshold."),
        _term("snr", "Signal-to-noise ratio", "", ("stream_snr_db",),
             "How many decibels an event is louder than its background."),
    ),
}  # fmt: skip
"""Terms by subject."""
TERMS: Mapping[str, GlossaryTerm] = {term.slug: term for terms in SUBJECTS.values() for term in terms}
OF_FIELDS: Mapping[str, GlossaryTerm] = {field: term for term in TERMS.values() for field in term.fields}
"""Term that explains a field of a study's form, by the field's name."""
