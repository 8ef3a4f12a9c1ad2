"""Writes dev_eval.json: thresholds that bob.measure fixes on development scores, and their errors on evaluation scores.

Run once, by hand; the tests read what it wrote.

    python3 -m venv v && v/bin/pip install bob.measure==6.1.1 numpy==1.26.4
    v/bin/python make_dev_eval.py

No code of bob stands here; it is called. Scores are 32-bit floats. The large set is a formula, as in make_metrics.py.
"""

import json
import pathlib
from importlib.metadata import version

import bob.measure
import numpy as np

MULTIPLIERS = (2654435761, 2246822519, 3266489917, 668265263)
FMRS = (1e-2, 1e-3, 1e-4, 1e-5)
rng = np.random.default_rng(20261122)


def formula_scores(count, start, shift):
    """As in make_metrics.py."""
    k = np.arange(start, start + count, dtype=np.uint64)
    total = np.zeros(count, dtype=np.uint64)
    for m in MULTIPLIERS:
        h = (k * np.uint64(m)) & np.uint64(0xFFFFFFFF)
        h ^= h >> np.uint64(15)
        h = (h * np.uint64(2246822519)) & np.uint64(0xFFFFFFFF)
        total += h >> np.uint64(12)
    return total.astype(np.float64) / 2**20 + shift / 1024


def grid(values, step):
    return np.round(np.asarray(values) * step) / step


def score_sets():
    """name, polarity, then genuine and impostor scores for development and for evaluation"""
    n = rng.normal
    yield "gaussian", "similarity", n(2, 1, 211), n(0, 1, 907), n(1.9, 1, 190), n(0.1, 1, 800)
    yield "gaussian_distance", "distance", n(0.2, 0.05, 173), n(0.4, 0.05, 811), n(0.21, 0.06, 150), n(0.4, 0.05, 700)
    yield "ties", "similarity", grid(n(1.5, 1, 200), 4), grid(n(0, 1, 801), 4), grid(n(1.5, 1, 90), 4), grid(n(0, 1, 400), 4)
    yield "hamming", "distance", grid(n(300, 60, 199), 1), grid(n(512, 16, 900), 1), grid(n(300, 60, 99), 1), grid(n(512, 16, 500), 1)
    yield "separable", "similarity", n(9, 1, 50), n(0, 1, 400), n(4, 1, 50), n(3, 1, 400)
    yield "reversed", "similarity", n(0, 1, 90), n(2, 1, 307), n(0, 1, 80), n(2, 1, 300)
    yield "few", "similarity", n(1, 1, 3), n(0, 1, 2), n(1, 1, 5), n(0, 1, 4)
    yield "two_values", "similarity", [0.0] * 7 + [1.0] * 33, [0.0] * 310 + [1.0] * 3, [0.0] * 3 + [1.0] * 9, [0.0] * 31 + [1.0]
    yield "formula", "similarity", (20_000, 7, 1536), (330_000, 1_000_000, 0), (20_000, 90_000, 1500), (300_000, 5_000_000, 10)


def figures(name, polarity, *parts):
    formula = isinstance(parts[0], tuple)
    scores = [np.float32(formula_scores(*p) if formula else p).astype(np.float64) for p in parts]
    sign = -1.0 if polarity == "distance" else 1.0
    dev_g, dev_i, eval_g, eval_i = [np.sort(sign * s) for s in scores]
    thresholds = {
        "eer": bob.measure.eer_threshold(dev_i, dev_g),
        "min-hter": bob.measure.min_hter_threshold(dev_i, dev_g),
    }
    for fmr in FMRS:
        if len(dev_i) * fmr >= 3 * (1 - 1e-12):
            key = f"fmr-{fmr:.0e}".replace("e-0", "e-")
            thresholds[key] = bob.measure.far_threshold(dev_i, dev_g, fmr)
    return {
        "name": name,
        "polarity": polarity,
        "formula": [list(p) for p in parts] if formula else None,
        "scores": [] if formula else [[float(s) for s in part] for part in scores],
        "bob": {
            # Threshold, then FAR and FRR for development, then for evaluation.
            key: [
                float(sign * t),
                *map(float, bob.measure.farfrr(dev_i, dev_g, t)),
                *map(float, bob.measure.farfrr(eval_i, eval_g, t)),
            ]
            for key, t in thresholds.items()
        },
    }


if __name__ == "__main__":
    golden = {
        "provenance": {name: version(name) for name in ("bob.measure", "numpy")},
        "sets": [figures(*s) for s in score_sets()],
    }
    path = pathlib.Path(__file__).parent / "dev_eval.json"
    path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
