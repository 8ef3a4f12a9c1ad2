"""How many keys come back when three photos are taken instead of one, from the comparisons of single photos.

    thenar eval run … --protect hash --scores bob-csv -o OUT
    python3 measure/three_photos.py OUT/scores.csv

The probes of each palm are taken three by three in the order of their names; a key comes back when one of the three has at
most ten wrong bits. (`thenar key recover` tries the mean of the three as well.)
"""

import collections
import csv
import sys

BITS, CORRECTED = 127, 10


def main():
    wrong = collections.defaultdict(dict)
    with open(sys.argv[1], newline="") as file:
        for row in csv.DictReader(file):
            pair = row["bio_ref_subject_id"], row["bio_ref_template_id"]
            if row["probe_subject_id"] == pair[0]:
                wrong[pair][row["probe_template_id"]] = round(BITS * (1 - float(row["score"])))
    single = [bits for probes in wrong.values() for bits in probes.values()]
    triples = []
    for probes in wrong.values():
        bits = [probes[name] for name in sorted(probes)]
        triples += [min(bits[i : i + 3]) for i in range(0, len(bits) - 2, 3)]
    for name, best in (("one photo", single), ("three photos", triples)):
        back = sum(bits <= CORRECTED for bits in best)
        print(f"{name}: {back} of {len(best)} ({100 * back / len(best):.2f} %)")


if __name__ == "__main__":
    main()
