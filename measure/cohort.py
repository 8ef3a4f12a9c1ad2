"""Would it help to compare a probe's distances with those to a cohort ("t-norm": Auckenthaler, Carey and Lloyd-Thomas, 2000)?

    python3 measure/cohort.py SCORES.npz PROBES COHORT

SCORES.npz is that of `thenar eval run --scores npz` with a gallery that ends with COHORT images of palms that
are nowhere else in the lists, and with PROBES probes. Prints how many genuine comparisons are missed at FMR 1e-3, 1e-4 and 1e-5, and the EER: as they are; less the mean and
over the deviation of the probe's distances to the cohort; and the same with all strangers in the cohort's place, which no
system can know but a search can guess from its gallery.
"""

import sys

import numpy as np


def figures(what, genuine, impostor):
    genuine, impostor = np.sort(genuine, axis=None), np.sort(impostor, axis=None)
    missed = [int(np.sum(genuine >= impostor[int(f * impostor.size)])) for f in (1e-3, 1e-4, 1e-5)]
    false = np.searchsorted(impostor, genuine, "right") / impostor.size
    wrong = 1 - np.arange(1, genuine.size + 1) / genuine.size
    at = int(np.argmin(np.abs(false - wrong)))
    print(f"{what:24} missed of {genuine.size}: {missed}, EER {50 * (false[at] + wrong[at]):.3f} %")


def main():
    scores, probes, cohort = np.load(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    genuine = scores["genuine"].astype(float).reshape(probes, -1)
    impostor = scores["impostor"].astype(float).reshape(probes, -1)
    strangers, others = impostor[:, :-cohort], impostor[:, -cohort:]
    figures("as they are", genuine, strangers)
    for what, by in (("by the cohort", others), ("by all strangers", strangers)):
        mean, deviation = by.mean(1, keepdims=True), by.std(1, keepdims=True)
        figures(what, (genuine - mean) / deviation, (strangers - mean) / deviation)
    means = np.corrcoef(strangers.mean(1), others.mean(1))[0, 1]
    print(f"means over strangers and over the cohort: correlation {means:.2f}")


main()
