"""What whoever knows a key's passphrase can guess of its codeword without a palm: the signs of palms are not fair coins.

    pip install numpy onnxruntime pillow
    python3 measure/key_bias.py MODEL.onnx LIST ROOT

LIST names regions of interest and labels, as for `thenar eval run --input roi`; the first five images of each palm are
enrolled together. The marks of a record, once the passphrase has put them in order, say which numbers of the feature keep
each bit, and the offset says how their signs differ from each other. What is left is one bit for every eight numbers.
Half of the palms, drawn at random, teach how often each number is positive where it is chosen; the guess is the likelier
value of each bit. What is told about a bit is one less the bits that a gambler with those odds would need to write the
true value down, the odds all flattened by the factor that suits best.
"""

import collections
import math
import pathlib
import sys

import numpy as np
import onnxruntime
from PIL import Image

BITS, COPIES, SECRET, ENROLLED = 127, 8, 64, 5


def features(model, names, root):
    """The mean centred feature of some images."""
    total = 0
    for name in names:
        grey = np.asarray(Image.open(root / name).convert("L"), np.float32) / 255
        total = total + model.run(None, {"roi": grey[None, None]})[0][0, 0]
    return total / len(names)


def chosen(feature):
    """The places of the largest numbers of each group (places alike modulo the bits), group by group."""
    groups = [np.arange(group, feature.size, BITS) for group in range(BITS)]
    return np.concatenate([g[np.argsort(-np.abs(feature[g]), kind="stable")[:COPIES]] for g in groups])


def told(odds):
    """Bits told about each of many, from the log-odds that were given to the true value."""
    written = lambda flat: np.logaddexp(0, -flat * odds).mean() / math.log(2)
    return 1 - min(written(flat) for flat in np.linspace(0.05, 1, 20))


def main():
    path, listed, root = sys.argv[1:]
    palms = collections.defaultdict(list)
    for line in pathlib.Path(listed).read_text().splitlines():
        if line.strip():
            name, label = line.rsplit(maxsplit=1)
            palms[label].append(name)
    model = onnxruntime.InferenceSession(path)
    enrolled = [features(model, names[:ENROLLED], pathlib.Path(root)) for names in palms.values()]
    rng = np.random.default_rng(1)
    order = rng.permutation(len(enrolled))
    half = len(order) // 2
    positive, seen = np.ones(enrolled[0].size), np.full(enrolled[0].size, 2.0)
    for i in order[:half]:
        places = chosen(enrolled[i])
        seen[places] += 1
        positive[places] += enrolled[i][places] > 0
    odds = np.log(positive / (seen - positive))

    signs, bits = [], []
    for i in order[half:]:
        places = chosen(enrolled[i])
        towards = np.sign(enrolled[i][places]) * odds[places]
        signs.append(np.mean(towards > 0))
        bits.append(towards.reshape(BITS, COPIES).sum(1))
    right = np.mean([np.mean(odds > 0) for odds in bits])
    fewest = min(int(np.sum(odds <= 0)) for odds in bits)
    print(f"{len(bits)} palms: {100 * np.mean(signs):.1f} % of single signs guessed, {100 * right:.1f} % of the bits of a codeword")
    print(f"fewest wrong bits {fewest} of {BITS}; about {BITS * told(np.concatenate(bits)):.0f} of the {SECRET} bits of the secret are told")


if __name__ == "__main__":
    main()
