"""Parameters and multiply-adds of ONNX networks, for one image.

    pip install onnx onnxruntime
    python3 measure/macs.py FILE...

Every node's output shapes come from running the network once in ONNX Runtime with all values as outputs; Conv, Gemm and
MatMul are counted, everything else is small beside them. Parameters are all stored numbers, folded matrices included.
"""

import sys

import numpy as np
import onnx
import onnxruntime


def shapes(model, feed):
    """The shape of every value by name."""
    every = [name for node in model.graph.node for name in node.output if name]
    kept = {output.name for output in model.graph.output}
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in every if name not in kept)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    names = [output.name for output in session.get_outputs()]
    found = {name: value.shape for name, value in zip(names, session.run(names, feed))}
    found |= {name: value.shape for name, value in feed.items()}
    return found | {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}


def multiply_adds(node, shape):
    """Multiply-adds of a node."""
    out = int(np.prod(shape[node.output[0]]))
    if node.op_type == "Conv":
        return out * int(np.prod(shape[node.input[1]][1:]))
    if node.op_type == "MatMul":
        return out * shape[node.input[0]][-1]
    if node.op_type == "Gemm":
        transposed = any(a.name == "transA" and a.i for a in node.attribute)
        return out * shape[node.input[0]][0 if transposed else -1]
    return 0


def main():
    for path in sys.argv[1:]:
        model = onnx.load(path)
        entry = next(i for i in model.graph.input if i.name not in {t.name for t in model.graph.initializer})
        dims = [d.dim_value or 1 for d in entry.type.tensor_type.shape.dim]
        feed = {entry.name: np.random.default_rng(1).random(dims, np.float32)}
        parameters = sum(int(np.prod(tensor.dims)) for tensor in model.graph.initializer)
        shape = shapes(model, feed)
        total = sum(multiply_adds(node, shape) for node in model.graph.node)
        print(f"{path}: {parameters / 1e6:.2f} million numbers, {total / 1e6:.1f} million multiply-adds")


if __name__ == "__main__":
    main()
