"""Writes error_rates.json: error rates as pyeer, bob.measure and scipy compute them.

Run once, by hand; the tests read the JSON only.

    python3 -m venv v && v/bin/pip install pyeer==0.5.6 bob.measure==6.1.1 "numpy<2" scipy
    v/bin/python make.py

Scores are multiples of 1/1024 or 32-bit floats, so that every tool sees the very same numbers.
"""

import json
import pathlib
from importlib.metadata import version

import bob.measure
import numpy as np
from pyeer.eer_info import get_eer_stats
from pyeer.eer_stats import calculate_roc
from scipy.interpolate import interp1d
from scipy.optimize import brentq
from scipy.stats import beta, norm

rng = np.random.default_rng(20240607)


def grid(values, step):
    return np.round(np.asarray(values) * step) / step


def sets():
    """name, polarity, genuine, impostor"""
    yield "gaussian", "similarity", rng.normal(2, 1, 200), rng.normal(0, 1, 800)
    yield "gaussian_distance", "distance", rng.normal(0.25, 0.04, 150), rng.normal(0.45, 0.03, 900)
    yield "coarse_ties", "similarity", grid(rng.normal(1, 1, 120), 4), grid(rng.normal(0, 1, 500), 4)
    yield "coarse_ties_distance", "distance", grid(rng.normal(0.3, 0.1, 90), 16), grid(rng.normal(0.5, 0.1, 400), 16)
    yield "separable", "similarity", grid(rng.uniform(2, 3, 50), 1024), grid(rng.uniform(0, 1, 300), 1024)
    yield "touching", "distance", np.array([0.125, 0.25, 0.25, 0.375]), np.array([0.375, 0.5, 0.625, 0.75, 0.875])
    yield "heavy_overlap", "similarity", grid(rng.normal(0.1, 1, 300), 64), grid(rng.normal(0, 1, 300), 64)
    yield "one_impostor", "similarity", grid(rng.normal(1, 1, 60), 256), np.array([0.25])
    yield "one_genuine", "distance", np.array([0.25]), grid(rng.normal(0.4, 0.1, 60), 256)
    yield "two_values", "similarity", np.array([0.0] * 7 + [1.0] * 13), np.array([0.0] * 90 + [1.0] * 10)
    yield "constant", "similarity", np.array([0.5] * 5), np.array([0.5] * 8)
    yield "reversed", "similarity", grid(rng.normal(0, 1, 50), 128), grid(rng.normal(2, 1, 70), 128)


def rates(name, polarity, genuine, impostor):
    genuine = np.float32(genuine).astype(np.float64)
    impostor = np.float32(impostor).astype(np.float64)
    distance = polarity == "distance"
    stats = get_eer_stats(list(genuine), list(impostor), ds_scores=distance)
    # What pyeer leaves to the reader: FMR at most x (its own fmr100 takes the nearest point).
    thresholds, fmr, fnmr = calculate_roc(genuine, impostor, ds_scores=distance)
    fmr_end, fnmr_end = np.append(fmr, 0.0), np.append(fnmr, 1.0)
    at_most = {x: float(np.min(fnmr_end[fmr_end <= float(x)])) for x in ("0.1", "0.05", "0.01", "0.0")}
    sign = -1.0 if distance else 1.0
    g, i = sign * genuine, sign * impostor
    probe_thresholds = sorted(set(np.quantile(np.concatenate([g, i]), [0, 0.1, 0.33, 0.5, 0.77, 1.0], method="lower")))
    farfrr = [[sign * t, *map(float, bob.measure.farfrr(i, g, t))] for t in probe_thresholds]
    # Linear interpolation of the ROC; "max" keeps the upper corner of vertical steps, brentq finds the crossing.
    walk = np.concatenate([[0], np.cumsum(np.abs(np.diff(fmr_end)) + np.abs(np.diff(fnmr_end)))])
    f, n = interp1d(walk, fmr_end), interp1d(walk, fnmr_end)
    crossing = brentq(lambda w: f(w) - n(w), 0.0, walk[-1], xtol=1e-15, rtol=1e-14)
    return {
        "name": name,
        "polarity": polarity,
        "genuine": [float(s) for s in genuine],
        "impostor": [float(s) for s in impostor],
        "pyeer": {
            "eer": float(stats.eer),
            "eer_low": float(stats.eer_low),
            "eer_high": float(stats.eer_high),
            "auc": float(stats.auc),
            "d_prime": float(stats.decidability),
            "zero_fmr_nearest": float(stats.fmr0),
            "zero_fnmr": float(stats.fnmr0),
            "fmr100_nearest": float(stats.fmr100),
            "gmean": float(stats.gmean),
            "gstd": float(stats.gstd),
            "imean": float(stats.imean),
            "istd": float(stats.istd),
            "curve": [[float(t), float(a), float(b)] for t, a, b in zip(thresholds, fmr, fnmr)],
        },
        "fnmr_at_fmr_at_most": at_most,
        "eer_interpolated": float(f(crossing)),
        "bob": {"threshold_far_frr": farfrr},
    }


def intervals():
    for errors, trials in [(0, 10), (1, 10), (10, 10), (5, 100), (17, 1000), (300, 12345), (1, 1000000), (50000, 100000)]:
        for confidence in (0.9, 0.95, 0.99):
            tail = (1 - confidence) / 2
            low = 0.0 if errors == 0 else beta.ppf(tail, errors, trials - errors + 1)
            high = 1.0 if errors == trials else beta.ppf(1 - tail, errors + 1, trials - errors)
            yield [errors, trials, confidence, float(low), float(high)]


golden = {
    "provenance": {name: version(name) for name in ("pyeer", "bob.measure", "numpy", "scipy")},
    "sets": [rates(*s) for s in sets()],
    "clopper_pearson": list(intervals()),
    "probit": [[p, float(norm.ppf(p)), float(bob.measure.ppndf(p))] for p in (1e-9, 1e-6, 1e-3, 0.02, 0.3, 0.5, 0.9, 0.9999)],
}
out = pathlib.Path(__file__).with_name("error_rates.json")
out.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
