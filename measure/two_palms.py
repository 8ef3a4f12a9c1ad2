"""How often photos with two palms are refused.

Puts drawn photos side by side, two at a time, asks `thenar roi` about each pair and counts what it says, for pairs of
hands of like and of unlike size.

    thenar synth hands --identities 100 --captures 5 --seed 2026 --tilt 25 -o HANDS
    python3 measure/two_palms.py HANDS --thenar target/release/thenar
"""

import argparse
import json
import math
import pathlib
import random
import subprocess
import tempfile
from collections import Counter

from PIL import Image

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("hands", type=pathlib.Path, help="folder that `thenar synth hands` wrote")
parser.add_argument("--thenar", default="thenar", help="the program")
parser.add_argument("--pairs", type=int, default=60)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()


def size(label):
    """Distance between two finger valleys: how large a hand is in its photo."""
    valleys = [label["key_points"][name] for name in ("index_middle_valley", "ring_little_valley")]
    return math.dist(*valleys)


labels = [json.loads(line) for line in (options.hands / "labels.jsonl").read_text().splitlines()]
labels = [label for label in labels if label["presence"]]
draw = random.Random(options.seed)
found = {"at least 0.6 of the larger": Counter(), "smaller": Counter()}
with tempfile.TemporaryDirectory() as folder:
    for _ in range(options.pairs):
        pair = draw.sample(labels, 2)
        first, second = (Image.open(options.hands / label["file"]) for label in pair)
        both = Image.new("RGB", (first.width + second.width, first.height))
        both.paste(first, (0, 0))
        both.paste(second, (first.width, 0))
        path = f"{folder}/pair.png"
        both.save(path)
        said = subprocess.run([options.thenar, "roi", path, "--json"], capture_output=True, text=True).stdout
        sizes = sorted(map(size, pair))
        kind = "at least 0.6 of the larger" if sizes[0] >= 0.6 * sizes[1] else "smaller"
        found[kind][json.loads(said).get("problem") or "accepted"] += 1
for kind, counts in found.items():
    print(f"smaller hand {kind}: {sum(counts.values())} pairs,", ", ".join(f"{n} {what}" for what, n in counts.most_common()))
