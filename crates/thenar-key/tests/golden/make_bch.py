"""Writes bch.json: BCH golden vectors from the Python package galois.

Made once with Python 3.11.7, galois 0.4.11, numpy as installed with it; run again with
    pip install galois==0.4.11 && python make_bch.py
The same versions give the same file (fixed seed). Words are hex of little-endian bytes, bit i = coefficient of x^i.
"""

import json
import pathlib

import galois
import numpy as np

CODES = [  # (n, k, length used): shorter length = shortened code
    (31, 16, 31), (31, 11, 31), (63, 30, 63), (127, 57, 127), (127, 64, 127), (127, 29, 127), (255, 115, 255),
    (255, 131, 255), (255, 131, 200), (511, 76, 511), (511, 67, 511), (511, 76, 500), (1023, 91, 1023), (1023, 123, 1023),
]
TABLES = [(31, 1), (63, 1), (127, 1), (255, 1), (511, 9), (1023, 23)]  # (n, step of t)


def as_hex(bits):
    """Highest power first, as galois orders them, to little-endian bytes."""
    return np.packbits(np.array(bits, dtype=np.uint8)[::-1], bitorder="little").tobytes().hex()


def table():
    rows = []
    for n, step in TABLES:
        for t in range(1, (n - 1) // 2 + 1, step):
            try:
                code = galois.BCH(n, d=2 * t + 1)
            except ValueError:
                break
            rows.append({"n": n, "asked": t, "k": int(code.k), "t": int(code.t)})
            print(rows[-1], flush=True)
    return rows


def vectors(rng):
    out = []
    for n, k, length in CODES:
        code = galois.BCH(n, k)
        cut = n - length
        coefficients = [int(c) for c in code.generator_poly.coefficients()]
        cases = []
        for errors in sorted({0, 1, code.t // 2, code.t, code.t + 1, code.t + 5}):
            message = galois.GF2(rng.integers(0, 2, k - cut, dtype=np.uint8))
            codeword = code.encode(message)
            received = codeword.copy()
            for place in rng.choice(length, errors, replace=False):
                received[place] += galois.GF2(1)
            decoded, found = code.decode(received, errors=True)
            cases.append({
                "message": as_hex(message), "codeword": as_hex(codeword), "received": as_hex(received),
                "errors": errors, "found": int(found), "decoded": as_hex(decoded) if found >= 0 else None,
            })
        out.append({
            "n": n, "k": k, "t": int(code.t), "length": length,
            "primitive": int(code.extension_field.irreducible_poly), "generator": as_hex(coefficients), "cases": cases,
        })
        print(n, k, int(code.t), [(c["errors"], c["found"]) for c in cases], flush=True)
    return out


if __name__ == "__main__":
    golden = {
        "provenance": f"galois {galois.__version__}, numpy {np.__version__}, make_bch.py",
        "codes": vectors(np.random.default_rng(20261121)),
        "table": table(),
    }
    path = pathlib.Path(__file__).with_name("bch.json")
    path.write_text(json.dumps(golden, indent=1) + "\n")
