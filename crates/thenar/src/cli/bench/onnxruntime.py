"""Times ONNX files in ONNX Runtime: for each of the paths given, a line of JSON with the medians of one run in ms.

Usage: python onnxruntime.py SECONDS FILE...
"""

import json
import os
import statistics
import sys
import time

import numpy
import onnxruntime

threads = min(len(os.sched_getaffinity(0)), 4) if hasattr(os, "sched_getaffinity") else 1
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = threads
options.inter_op_num_threads = 1
for path in sys.argv[2:]:
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    spec = session.get_inputs()[0]
    shape = [d if isinstance(d, int) else 1 for d in spec.shape]
    value = numpy.random.default_rng(1).random(shape, dtype=numpy.float32)
    for _ in range(3):
        session.run(None, {spec.name: value})
    times, end = [], time.perf_counter() + float(sys.argv[1])
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        session.run(None, {spec.name: value})
        times.append(1e3 * (time.perf_counter() - start))
    name = f"ONNX Runtime {onnxruntime.__version__}"
    print(json.dumps({"name": name, "ms": statistics.median(times), "threads": threads}))
