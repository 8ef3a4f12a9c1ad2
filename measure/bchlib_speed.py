"""Times decoding with bchlib beside `cargo bench -p thenar-key --bench bch`: microseconds for t errors, median of many.

    pip install bchlib
    python3 measure/bchlib_speed.py

Codes (n, k, t) are those of the bench that bchlib can build. It works on whole bytes, so data is shortened to them.
"""

import os
import random
import statistics
import time

import bchlib

ROUNDS = 2000


def decode_time(m, t):
    """Length, data bits and the median time in microseconds to find and correct t errors."""
    bch = bchlib.BCH(t, m=m)
    n = 2**m - 1
    size = (n - bch.ecc_bits) // 8
    if size == 0:
        return None
    times = []
    for _ in range(ROUNDS):
        data = bytearray(os.urandom(size))
        ecc = bytearray(bch.encode(data))
        sent = bytes(data)
        for place in random.sample(range(8 * size + bch.ecc_bits), t):
            block, bit = (data, place) if place < 8 * size else (ecc, place - 8 * size)
            block[bit // 8] ^= 0x80 >> bit % 8
        start = time.perf_counter()
        found = bch.decode(data, ecc)
        bch.correct(data, ecc)
        times.append(1e6 * (time.perf_counter() - start))
        assert found == t and bytes(data) == sent
    return n, n - bch.ecc_bits, statistics.median(times)


def main():
    random.seed(1)
    for m, t in [(7, 11), (8, 21), (9, 85), (10, 181)]:
        try:
            found = decode_time(m, t)
        except (ValueError, RuntimeError, MemoryError) as error:
            print(f"m = {m}, t = {t}: bchlib cannot build it: {error}")
            continue
        print(f"m = {m}, t = {t}: {found}")


if __name__ == "__main__":
    main()
