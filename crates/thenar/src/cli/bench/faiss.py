"""Times an exact search for the ten nearest of random binary templates in FAISS: a line of JSON with the median in ms.

Usage: python faiss.py SECONDS TEMPLATES BITS
"""

import json
import os
import statistics
import sys
import time

import faiss
import numpy

seconds, templates, bits = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
faiss.omp_set_num_threads(threads)
random = numpy.random.default_rng(1)
index = faiss.IndexBinaryFlat(bits)
index.add(random.integers(0, 256, (templates, bits // 8), dtype=numpy.uint8))
probe = random.integers(0, 256, (1, bits // 8), dtype=numpy.uint8)
for _ in range(3):
    index.search(probe, 10)
times, end = [], time.perf_counter() + seconds
while time.perf_counter() < end or len(times) < 5:
    start = time.perf_counter()
    index.search(probe, 10)
    times.append(1e3 * (time.perf_counter() - start))
name = f"FAISS {faiss.__version__} IndexBinaryFlat"
print(json.dumps({"name": name, "ms": statistics.median(times), "threads": threads}))
