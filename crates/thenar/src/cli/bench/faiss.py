"""Times an exact search for the ten nearest of random binary templates in FAISS, with one probe and with several together: a
line of JSON each with the median in ms.

Usage: python faiss.py SECONDS TEMPLATES BITS PROBES
"""

import json
import os
import statistics
import sys
import time

import faiss
import numpy

seconds, (templates, bits, together) = float(sys.argv[1]), map(int, sys.argv[2:])
threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
faiss.omp_set_num_threads(threads)
random = numpy.random.default_rng(1)
index = faiss.IndexBinaryFlat(bits)
index.add(random.integers(0, 256, (templates, bits // 8), dtype=numpy.uint8))
name = f"FAISS {faiss.__version__} IndexBinaryFlat"
for count in (1, together):
    probes = random.integers(0, 256, (count, bits // 8), dtype=numpy.uint8)
    for _ in range(3):
        index.search(probes, 10)
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        index.search(probes, 10)
        times.append(1e3 * (time.perf_counter() - start))
    print(json.dumps({"name": name, "ms": statistics.median(times), "threads": threads}))
