"""Writes bca.json: BCa intervals of scipy.stats.bootstrap, with the data and the replicates they were made from.

Run once, by hand: python3 -m venv v && v/bin/pip install scipy==1.17.1 numpy==1.26.4 && v/bin/python make_bca.py
"""

import json
import pathlib
from importlib.metadata import version

import numpy as np
from scipy.stats import bootstrap

rng = np.random.default_rng(20261123)


def cases():
    for name, data, statistic in (
        ("mean", rng.normal(1, 2, 30), np.mean),
        ("skewed mean", rng.exponential(1, 25), np.mean),
        ("variance", rng.exponential(1, 40), np.var),
        ("median", np.round(rng.normal(0, 3, 21)), np.median),
    ):
        for level in (0.95, 0.8):
            found = bootstrap(
                (data,), statistic, n_resamples=399, confidence_level=level, method="BCa", random_state=rng
            )
            n = len(data)
            yield {
                "name": name,
                "confidence": level,
                "value": float(statistic(data)),
                "left_out": [float(statistic(np.delete(data, k))) for k in range(n)],
                "replicates": [float(v) for v in found.bootstrap_distribution],
                "interval": [float(v) for v in found.confidence_interval],
            }


golden = {"provenance": {name: version(name) for name in ("scipy", "numpy")}, "cases": list(cases())}
path = pathlib.Path(__file__).parent / "bca.json"
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
