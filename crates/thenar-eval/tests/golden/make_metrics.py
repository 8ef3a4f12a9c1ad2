"""Writes metrics.json and the arrays beside it: figures as bob.measure, pyeer, scikit-learn and the published tools for
linkability compute them.

Run once, by hand; the tests read what it wrote.

    python3 -m venv v && v/bin/pip install pyeer==0.5.6 bob.measure==6.1.1 numpy==1.26.4 scipy==1.17.1 \
        scikit-learn==1.9.1 seaborn==0.13.2
    git clone https://github.com/dasec/unlinkability-metric          # at c8a619c35689d84e3112288fc648128e91364172
    git clone https://github.com/otroshi/maximal-linkability         # at f9dd82a2bd6e3143e47b740e2bf5faa01b776e23
    v/bin/python make_metrics.py unlinkability-metric maximal-linkability

No code of the tools stands here; they are called. Scores are 32-bit floats, so that every tool sees the very same
numbers. Large sets are a formula (`formula_scores`), which the test writes down again.
"""

import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile
from importlib.metadata import version

import bob.measure
import numpy as np
from pyeer.cmc_stats import get_cmc_curve
from pyeer.eer_info import get_eer_stats
from scipy.special import ndtr
from sklearn.metrics import roc_auc_score

HERE = pathlib.Path(__file__).parent
MULTIPLIERS = (2654435761, 2246822519, 3266489917, 668265263)
rng = np.random.default_rng(20261121)


def formula_scores(count, start, shift):
    """Sums of four 20-bit numbers, nearly normal: mean 2 + shift/1024, deviation 0.577. Exact in 32-bit floats."""
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
    """name, polarity, genuine, impostor; an array, or the arguments of formula_scores"""
    n = rng.normal
    yield "gaussian_2", "similarity", n(2, 1, 300), n(0, 1, 900)
    yield "gaussian_3_distance", "distance", n(0.2, 0.05, 200), n(0.4, 0.05, 900)
    yield "gaussian_half", "similarity", n(0.5, 1, 250), n(0, 1, 400)
    yield "ties_4", "similarity", grid(n(1.5, 1, 200), 4), grid(n(0, 1, 800), 4)
    yield "ties_1", "similarity", grid(n(3, 2, 150), 1), grid(n(0, 2, 600), 1)
    yield "ties_16_distance", "distance", grid(n(0.3, 0.1, 150), 16), grid(n(0.5, 0.1, 700), 16)
    yield "hamming_1024", "distance", grid(n(300, 40, 200), 1), grid(n(512, 16, 900), 1)
    yield "separable", "similarity", grid(rng.uniform(2, 3, 100), 1024), grid(rng.uniform(0, 1, 500), 1024)
    yield "separable_distance", "distance", grid(rng.uniform(0, 1, 100), 1024), grid(rng.uniform(2, 3, 500), 1024)
    yield "constant", "similarity", np.full(6, 0.5), np.full(9, 0.5)
    yield "constant_genuine", "similarity", np.full(6, 0.5), grid(n(0, 1, 60), 32)
    yield "heavy_overlap", "similarity", grid(n(0.02, 1, 400), 256), grid(n(0, 1, 400), 256)
    yield "identical", "similarity", grid(np.arange(50), 1), grid(np.arange(50), 1)
    yield "reversed", "similarity", n(0, 1, 90), n(2, 1, 300)
    yield "one_impostor", "similarity", grid(n(1, 1, 80), 256), np.array([0.25])
    yield "one_genuine", "distance", np.array([0.25]), grid(n(0.4, 0.1, 300), 256)
    yield "one_each", "similarity", np.array([0.75]), np.array([0.25])
    yield "two_values", "similarity", np.array([0.0] * 7 + [1.0] * 33), np.array([0.0] * 310 + [1.0] * 3)
    # FVC takes the smaller sum of errors, bob the smaller difference: here they are at two thresholds.
    yield "two_rules", "similarity", np.repeat([0.0, 1.0, 2.0], [1, 4, 5]), np.repeat([0.0, 1.0, 2.0], [5, 1, 4])
    yield "long_tail", "distance", rng.exponential(0.05, 200), 1 - rng.exponential(0.1, 900)
    yield "negative_scores", "distance", n(-30, 5, 200), n(-10, 5, 400)
    yield "formula_100k", "similarity", (20_000, 7, 1536), (80_000, 1_000_000, 0)
    yield "formula_1m", "similarity", (100_000, 5, 2048), (900_000, 3_000_000, 0)


def figures(name, polarity, genuine, impostor):
    formula = isinstance(genuine, tuple)
    stored = {"genuine": list(genuine), "impostor": list(impostor)} if formula else None
    if formula:
        genuine, impostor = formula_scores(*genuine), formula_scores(*impostor)
    single_g, single_i = np.float32(genuine), np.float32(impostor)
    assert not formula or (single_g == genuine).all() and (single_i == impostor).all()
    genuine, impostor = single_g.astype(np.float64), single_i.astype(np.float64)
    distance = polarity == "distance"
    sign = -1.0 if distance else 1.0
    g, i = np.sort(sign * genuine), np.sort(sign * impostor)
    stats = get_eer_stats(list(genuine), list(impostor), ds_scores=distance)
    both = np.concatenate([g, i])
    levels = np.quantile(both, [0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0], method="lower")
    thresholds = sorted({float(t) for t in levels})
    eer_threshold = bob.measure.eer_threshold(i, g)
    at_far = []
    for far in (0.1, 0.01, 0.001):
        if len(i) >= 2 and len(i) * far >= 3:
            t = bob.measure.far_threshold(i, g, far)
            at_far.append([far, *map(float, bob.measure.farfrr(i, g, t))])
    labels = np.concatenate([np.ones(len(g)), np.zeros(len(i))])
    return {
        "name": name,
        "polarity": polarity,
        "formula": stored,
        "genuine": [] if formula else [float(s) for s in genuine],
        "impostor": [] if formula else [float(s) for s in impostor],
        "bob_farfrr": [[sign * t, *map(float, bob.measure.farfrr(i, g, t))] for t in thresholds],
        "bob_eer": [float(v) for v in bob.measure.eer(i, g, also_farfrr=True)],
        "bob_hter_threshold": float(eer_threshold * sign),
        "bob_at_far": at_far,
        "sklearn_auc": float(roc_auc_score(labels, both)),
        "pyeer": {
            "eer": float(stats.eer),
            "eer_ends": sorted([float(stats.eer_low), float(stats.eer_high)]),
            "d_prime": float(stats.decidability),
            "zero_fnmr": float(stats.fnmr0),
            "fmr100_nearest": float(stats.fmr100),
            "fmr1000_nearest": float(stats.fmr1000),
            "zero_fmr_nearest": float(stats.fmr0),
        },
    }


def histograms():
    """pyeer with impostor scores as counts."""
    for polarity, genuine_mean, impostor_mean in (("similarity", 30, 12), ("distance", 12, 30)):
        genuine = np.clip(rng.normal(genuine_mean, 5, 60), 0, 60).round()
        impostor = np.clip(rng.normal(impostor_mean, 5, 500), 0, 60).round()
        counts = np.bincount(impostor.astype(int), minlength=50)
        stats = get_eer_stats([float(s) for s in genuine], [int(c) for c in counts], True, polarity == "distance")
        thresholds = [t for t in range(0, 45)]
        yield {
            "polarity": polarity,
            "genuine": [int(s) for s in genuine],
            "counts": [int(c) for c in counts],
            "curve": [[t, float(stats.fmr[t]), float(stats.fnmr[t])] for t in thresholds],
        }


def searches():
    """Probes with positive and negative scores, some without positives; with and without ties."""
    for name, step in (("fine", 2**20), ("ties", 4)):
        probes = []
        for k in range(120):
            negatives = grid(rng.normal(0, 1, 25), step)
            positives = grid(rng.normal(1.5, 1, 1 + k % 3), step) if k % 4 else np.array([])
            probes.append((negatives, positives))
        mated = [p for p in probes if p[1].size]
        entry = {
            "name": name,
            "probes": [[list(map(float, n)), list(map(float, p))] for n, p in probes],
            "bob_cmc": [float(v) for v in bob.measure.cmc(mated)],
            "bob_rank": [[k, float(bob.measure.recognition_rate(mated, rank=k))] for k in (1, 3, 10)],
            "bob_dir": [
                [t, k, float(bob.measure.detection_identification_rate(probes, t, rank=k))]
                for t in (-1.0, 0.5, 1.5, 2.25)
                for k in (1, 5)
            ],
            "bob_false_alarm": [[t, float(bob.measure.false_alarm_rate(probes, t))] for t in (0.5, 1.5, 2.0, 3.0)],
        }
        # pyeer keeps the order of the file where scores tie, so only the set without ties can be compared.
        table = {
            str(q): (["mate"], sorted([("mate", p.max())] + [(f"n{j}", s) for j, s in enumerate(n)], key=lambda c: -c[1]))
            for q, (n, p) in enumerate(mated)
        }
        entry["pyeer_cmc"] = [float(v) for v in get_cmc_curve(table, 26)]
        yield entry


def linkability(dasec, otroshi):
    spec = importlib.util.spec_from_file_location("ml", next(pathlib.Path(otroshi).glob("maximal*.py")))
    ml = importlib.util.module_from_spec(spec)
    arguments, sys.argv = sys.argv, ["ml"]
    try:
        spec.loader.exec_module(ml)
    finally:
        sys.argv = arguments
    for name, mated, other in (
        ("same", grid(rng.normal(0, 1, 700), 4096), grid(rng.normal(0, 1, 900), 4096)),
        ("linked", grid(rng.normal(1, 1, 600), 4096), grid(rng.normal(0, 1, 900), 4096)),
        ("apart", grid(rng.uniform(2, 3, 300), 4096), grid(rng.uniform(0, 1, 300), 4096)),
        ("ties", grid(rng.normal(2, 2, 500), 1), grid(rng.normal(0, 2, 500), 1)),
    ):
        for omega, bins in ((1.0, 50), (0.5, 30)):
            with tempfile.TemporaryDirectory() as folder:
                files = [str(pathlib.Path(folder, f)) for f in ("m.bin", "n.bin")]
                mated.astype(np.float64).tofile(files[0])
                other.astype(np.float64).tofile(files[1])
                tool = str(pathlib.Path(dasec, "evaluateUnlinkability.py"))
                arguments = [*files, f"{folder}/figure.pdf", "--omega", str(omega), "--nBins", str(bins)]
                # The picture it draws afterwards fails with newer seaborn; the number comes first.
                run = subprocess.run([sys.executable, "-W", "ignore", tool, *arguments], capture_output=True, text=True)
            low, high = min(mated.min(), other.min()), max(mated.max(), other.max())
            # The tool's last edge may fall short of the highest score, which is then not counted.
            whole = low + bins * (high - low) / bins >= high
            yield {
                "name": name,
                "omega": omega,
                "bins": bins,
                "mated": [float(s) for s in mated],
                "non_mated": [float(s) for s in other],
                "dasec_d_sys": float(run.stdout.split()[0]),
                "otroshi_maximal": float(ml.maximal_linakbility_metric(mated, other, bins)) if whole else None,
            }


def arrays():
    """Files as numpy writes them, and what is in them."""
    genuine = np.array([0.125, 0.5, np.nan, 0.25])
    impostor = np.array([[0.75, 1.0, 0.5], [0.625, 0.875, 2.0]])
    np.save(HERE / "genuine_f8.npy", genuine)
    np.save(HERE / "impostor_be_f4_fortran.npy", np.asfortranarray(impostor.astype(">f4")))
    np.savez(HERE / "stored.npz", genuine=genuine.astype(np.float16), impostor=impostor.ravel().astype(np.int16))
    labels = np.array([True, False, True, False])
    np.savez_compressed(HERE / "labelled.npz", scores=np.array([0.1, 0.2, 0.3, np.nan], np.float32), labels=labels)
    np.savez_compressed(
        HERE / "matrix.npz",
        scores=np.arange(6, dtype=np.float64).reshape(2, 3),
        probe_labels=np.array(["häna", "ben"]),
        gallery_labels=np.array([b"ben", b"x", b"ben"]),
        note=np.array([1, 2, 3]),
    )


def main(dasec, otroshi):
    packages = ("pyeer", "bob.measure", "numpy", "scipy", "scikit-learn", "seaborn")
    golden = {
        "provenance": {name: version(name) for name in packages}
        | {
            "dasec/unlinkability-metric": "c8a619c35689d84e3112288fc648128e91364172",
            "otroshi/maximal-linkability": "f9dd82a2bd6e3143e47b740e2bf5faa01b776e23",
        },
        "sets": [figures(*s) for s in score_sets()],
        "histograms": list(histograms()),
        "searches": list(searches()),
        "linkability": list(linkability(dasec, otroshi)),
        "gaussian_maximal": [[d, float(np.log2(2 * ndtr(d / 2)))] for d in (0.1, 0.5, 1.0, 2.0, 4.0)],
    }
    (HERE / "metrics.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    arrays()


if __name__ == "__main__":
    main(*sys.argv[1:3])
