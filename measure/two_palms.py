"""How often photos with two palms are refused.

Puts drawn photos side by side, two at a time and the second one smaller, asks `thenar roi` about each pair and counts
what it says, for pairs of like and of unlike size.

    thenar synth hands --identities 100 --captures 5 --seed 2026 --tilt 25 -o HANDS
    python3 measure/two_palms.py HANDS --thenar target/release/thenar
"""

import argparse
import json
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

photos = [line.split()[0] for line in (options.hands / "list.txt").read_text().splitlines()]
draw = random.Random(options.seed)
found = {"at least 0.6 of the larger": Counter(), "smaller": Counter()}
with tempfile.TemporaryDirectory() as folder:
    for _ in range(options.pairs):
        first, second = (Image.open(options.hands / name) for name in draw.sample(photos, 2))
        scale = draw.uniform(0.4, 1.0)
        second = second.resize([round(side * scale) for side in second.size])
        both = Image.new("RGB", (first.width + second.width, first.height), (118, 118, 118))
        both.paste(first, (0, 0))
        both.paste(second, (first.width, (first.height - second.height) // 2))
        path = f"{folder}/pair.png"
        both.save(path)
        said = subprocess.run([options.thenar, "roi", path, "--json"], capture_output=True, text=True).stdout
        kind = "at least 0.6 of the larger" if scale >= 0.6 else "smaller"
        found[kind][json.loads(said).get("problem") or "accepted"] += 1
for kind, counts in found.items():
    print(f"second photo {kind}: {sum(counts.values())} pairs,", ", ".join(f"{n} {what}" for what, n in counts.most_common()))
