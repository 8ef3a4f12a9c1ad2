"""What each step of level 1 costs in accuracy: dropping numbers, rounding the enrolled side to bits, and both sides.

    pip install numpy onnxruntime pillow
    python3 measure/projections.py MODEL.onnx GALLERY PROBE ROOT

Lists name regions of interest and labels, as for `thenar eval run --input roi`. The rotation is a random orthonormal matrix
from a seed; a probe counts with the nearest of its views. Two gigabytes of memory for each 6,000 probes.
"""

import pathlib
import sys

import numpy as np
import onnxruntime
from PIL import Image

WEIGHTS = np.array([0, 1, 1, 2, 3, 4, 5, 7], np.float32)


def read(model, listed, root):
    """Features of all views of all images, and their labels."""
    rows = [line.rsplit(maxsplit=1) for line in pathlib.Path(listed).read_text().splitlines() if line.strip()]
    views = []
    for name, _ in rows:
        grey = np.asarray(Image.open(pathlib.Path(root) / name).convert("L"), np.float32) / 255
        found = model.run(None, {"roi": grey[None, None]})[0][0]
        views.append((found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float16))
    return np.stack(views), np.array([label for _, label in rows])


def weighed(values):
    """Signs about the median times the weights of their ranks, as `ProbeBits` has them."""
    centred = values - np.median(values, 1, keepdims=True)
    rank = np.abs(centred).argsort(1).argsort(1)
    return np.sign(centred) * WEIGHTS[rank * 8 // values.shape[1]]


def signs(values):
    return np.sign(values - np.median(values, 1, keepdims=True))


def unit(values):
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def figures(name, scores, same):
    """EER and misses at two false-match rates."""
    genuine, impostor = np.sort(scores[same]), np.sort(scores[~same])[::-1]
    matched = np.arange(1, impostor.size + 1) / impostor.size
    missed = np.searchsorted(genuine, impostor) / genuine.size
    at = np.argmax(matched >= missed)
    misses = [int(np.sum(genuine <= impostor[int(rate * impostor.size)])) for rate in (1e-4, 1e-5)]
    print(f"{name}: EER {50 * (matched[at] + missed[at]):.4f} %, missed at 1e-4 and 1e-5: {misses} of {genuine.size}", flush=True)


def main():
    path, gallery, probe, root = sys.argv[1:]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    model = onnxruntime.InferenceSession(path, options)
    (enrolled, enrolled_labels), (asked, asked_labels) = (read(model, part, root) for part in (gallery, probe))
    enrolled = enrolled[:, 0].astype(np.float32)
    same = asked_labels[:, None] == enrolled_labels[None]
    length = enrolled.shape[1]
    rotation = np.linalg.qr(np.random.default_rng(1).standard_normal((length, length)).astype(np.float32))[0]
    whole, half = rotation, rotation[:, : length // 2]
    steps = [
        ("all numbers", whole, unit, unit),
        ("half of the numbers", half, unit, unit),
        ("half, the enrolled side as bits, a probe's bits with weights", half, signs, weighed),
        ("half, both sides as bits", half, signs, signs),
        ("all, the enrolled side as bits, a probe's bits with weights", whole, signs, weighed),
    ]
    for name, matrix, of_enrolled, of_probe in steps:
        templates = of_enrolled(enrolled @ matrix)
        scores = np.empty(same.shape, np.float32)
        for i, views in enumerate(asked):
            scores[i] = (of_probe(views.astype(np.float32) @ matrix) @ templates.T).max(0)
        figures(name, scores, same)


if __name__ == "__main__":
    main()
