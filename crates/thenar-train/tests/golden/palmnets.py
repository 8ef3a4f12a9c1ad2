"""The published palm networks in PyTorch: an oracle for `thenar-train`, written from the papers and their sizes.

    python3 palmnets.py golden               writes ccnet.json, co3net.json, compnet.json and small.pth beside this file
    python3 palmnets.py onnx THENAR_TRAIN    saves checkpoints, converts them with the program THENAR_TRAIN and
                                             compares the ONNX files in ONNX Runtime with the networks here
    python3 palmnets.py checkpoint NET FILE  saves a checkpoint of full size (.pth or .safetensors)
    python3 palmnets.py speed FILE           milliseconds of an ONNX file in ONNX Runtime, one thread
    python3 palmnets.py step [--batch 64] [--steps 10]
                                             seconds of a training step of CCNet, as JSON, beside examples/step_speed.rs

Numbers are not stored but drawn: every tensor has its own linear congruential generator,
    state = 6364136223846793005 * state + 1442695040888963407  (mod 2^64),  u = (state >> 40) / 2^23 - 1,
that begins at the FNV-1a hash (64 bits) of its name. Images are weak, so that the competitions are not saturated:
with ten times stronger ones PyTorch's own gradients in single precision are off by 7e-4 for CCNet.
"""

import argparse
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
SCALES = {"cb1": (35, 1.0), "cb2": (17, 0.5), "cb3": (7, 0.25)}
SIDE, SAMPLES = 128, 24


def draw(name, shape):
    """Numbers in [-1, 1) that follow from a name."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = ((state ^ byte) * 0x100000001B3) % 2**64
    count = int(np.prod(shape))
    with np.errstate(over="ignore"):
        powers = np.cumprod(np.full(count, 6364136223846793005, np.uint64))
        sums = np.concatenate([np.ones(1, np.uint64), powers[:-1]]).cumsum(dtype=np.uint64)
        states = powers * np.uint64(state) + sums * np.uint64(1442695040888963407)
    numbers = (states >> np.uint64(40)).astype(np.float64) / 2**23 - 1
    return torch.tensor(numbers).reshape(shape)


def single(tensor):
    """Rounded to single precision, as networks keep their numbers."""
    return tensor.float().to(torch.get_default_dtype())


class Store(dict):
    """Parameters by name; a parameter comes into being when it is first asked for."""

    def __init__(self):
        super().__init__()
        self.learning = False

    def get(self, name, shape, begin=0.0, spread=None):
        if name not in self:
            if spread is None:
                spread = math.sqrt(3 / np.prod(shape[1:]))
            value = single(begin + spread * draw(name, shape))
            self[name] = value.requires_grad_(not name.rsplit(".", 1)[-1].startswith("running"))
        return self[name]


def gabor(store, x, name, count, stride, padding):
    size, ratio = SCALES[name.split(".")[0]]
    gamma = store.get(f"{name}.gamma", [1], 2.0, 0.2)
    sigma = store.get(f"{name}.sigma", [1], 9.2 * ratio, 0.92 * ratio)
    f = store.get(f"{name}.f", [1], 0.057 / ratio, 0.0057 / ratio)
    grid = torch.arange(size).to(x.dtype) - size // 2
    down, right = torch.meshgrid(grid, grid, indexing="ij")
    theta = (torch.arange(count).to(x.dtype) * math.pi / count).reshape(-1, 1, 1)
    across = down * theta.cos() + right * theta.sin()
    along = right * theta.cos() - down * theta.sin()
    envelope = torch.exp(-((gamma * across) ** 2 + along**2) / (16 * sigma**2))
    bank = -envelope * torch.cos(2 * math.pi * f * across)
    bank = bank - bank.mean((1, 2), keepdim=True)
    inputs = x.shape[1]
    return F.conv2d(x, bank[:, None].expand(-1, inputs, -1, -1), stride=stride, padding=padding)


def conv(store, x, name, outputs, size, stride=1):
    weight = store.get(f"{name}.weight", [outputs, x.shape[1], size, size])
    return F.conv2d(x, weight, store.get(f"{name}.bias", [outputs], 0.0, 0.1), stride=stride)


def linear(store, x, name, outputs, bias=True):
    weight = store.get(f"{name}.weight", [outputs, x.shape[1]])
    return F.linear(x, weight, store.get(f"{name}.bias", [outputs], 0.0, 0.1) if bias else None)


def batch_norm(store, x, name):
    c = [x.shape[1]]
    return F.batch_norm(
        x,
        store.get(f"{name}.running_mean", c, 0.0, 0.1),
        store.get(f"{name}.running_var", c, 1.0, 0.5),
        store.get(f"{name}.weight", c, 1.0, 0.5),
        store.get(f"{name}.bias", c, 0.0, 0.5),
        training=store.learning,
    )


def compete_and_read(store, x, name, outputs):
    a, b = store.get(f"{name}.a", [1], 1.0, 0.2), store.get(f"{name}.b", [1], 0.0, 0.2)
    x = torch.softmax((x - b) * a, 1)
    x = F.max_pool2d(conv(store, x, f"{name}.conv1", 32, 5), 2)
    return conv(store, x, f"{name}.conv2", outputs, 1).flatten(1)


def compnet(store, image, hidden, feature):
    parts = []
    for name in SCALES:
        x = gabor(store, image, f"{name}.gabor_conv2d", 9, 3, 0)
        parts.append(compete_and_read(store, x, name, 12))
    return linear(store, torch.cat(parts, 1), "fc", feature)


def coordinates(store, x, name):
    n, c, h, w = x.shape
    y = torch.cat([x.mean(3), x.mean(2)], 2)[..., None]
    y = F.hardswish(batch_norm(store, conv(store, y, f"{name}.conv1", max(8, c), 1), f"{name}.bn1"))
    rows = torch.sigmoid(conv(store, y[:, :, :h], f"{name}.conv_h", c, 1))
    columns = torch.sigmoid(conv(store, y[:, :, h:], f"{name}.conv_w", c, 1))
    return x * rows * columns.transpose(2, 3)


def co3net(store, image, hidden, feature):
    parts = []
    for (name, (size, _)), (n, outputs) in zip(SCALES.items(), [(9, 12), (36, 24), (9, 12)]):
        x = gabor(store, image, f"{name}.gabor_conv2d", n, 3, size // 2)
        x = coordinates(store, x, f"{name}.cooratt1")
        x = gabor(store, x, f"{name}.gabor_conv2d2", n, 1, size // 2)
        x = coordinates(store, x, f"{name}.cooratt2")
        parts.append(compete_and_read(store, x, name, outputs))
    x = linear(store, torch.cat(parts, 1), "fc", hidden)
    return linear(store, x, "fc1", feature)


def squeeze(store, x, name):
    n = x.shape[1]
    y = torch.relu(linear(store, x.mean((2, 3)), f"{name}.fc.0", n, bias=False))
    return x * torch.sigmoid(linear(store, y, f"{name}.fc.2", n, bias=False))[:, :, None, None]


def ccnet_ends(store, image, hidden, feature):
    """The last two layers of CCNet."""
    parts = []
    for (name, (size, _)), n in zip(SCALES.items(), [9, 36, 9]):
        x = image
        for order, gabor_name in (1, "gabor_conv2d"), (2, "gabor_conv2d2"):
            x = gabor(store, x, f"{name}.{gabor_name}", n, 2, size // 2)
            y = 0.8 * torch.softmax(x, 1) + 0.1 * torch.softmax(x, 2) + 0.1 * torch.softmax(x, 3)
            y = conv(store, squeeze(store, y, f"{name}.se{order}"), f"{name}.conv{order}_1", 16, 5, 2)
            parts.append(F.max_pool2d(y, 2).flatten(1))
    first = linear(store, torch.cat(parts, 1), "fc", hidden)
    return first, linear(store, first, "fc1", feature)


def ccnet(store, image, hidden, feature):
    return ccnet_ends(store, image, hidden, feature)[1]


NETS = {"ccnet": ccnet, "co3net": co3net, "compnet": compnet}
FULL = {"ccnet": (4096, 2048), "co3net": (4096, 2048), "compnet": (0, 512)}
HEAD = {"ccnet": "arclayer_.weight", "co3net": "arclayer.weight", "compnet": "arclayer.weight"}


def rounded(value):
    return float(f"{value.item():.8g}")


def sampled(tensor):
    flat = tensor.detach().flatten()
    step = max(1, len(flat) // SAMPLES)
    return [rounded(v) for v in flat[::step][:SAMPLES]]


def golden(name):
    """Outputs, gradients and statistics of a network with a narrow end, computed in double precision."""
    torch.set_default_dtype(torch.float64)
    hidden, feature = 6, 5
    image = single(0.01 * draw("image", [2, 1, SIDE, SIDE]))
    store = Store()
    outputs = F.normalize(NETS[name](store, image, hidden, feature), dim=1)
    store.learning = True
    learning = F.normalize(NETS[name](store, image, hidden, feature), dim=1)
    (learning * single(draw("loss", learning.shape))).sum().backward()
    result = {
        "hidden": hidden,
        "feature": feature,
        "outputs": [rounded(v) for v in outputs.flatten()],
        "learning": [rounded(v) for v in learning.flatten()],
        "gradients": {},
        "statistics": {},
    }
    for key, value in store.items():
        if value.requires_grad:
            entry = {"norm": rounded(value.grad.norm()), "samples": sampled(value.grad)}
            result["gradients"][key] = entry
        else:
            result["statistics"][key] = sampled(value)
    (HERE / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")


def standardise(images):
    """What the public code does to an image: pixels above zero to mean 0 and deviation 1."""
    out = torch.zeros_like(images)
    for image, to in zip(images, out):
        lit = image > 0
        to[lit] = (image[lit] - image[lit].mean()) / (image[lit].std() + 1e-6)
    return out


def state_dict(name, hidden, feature):
    """A checkpoint as the public code saves it, and the network's output for two images of grey levels 0-1."""
    store = Store()
    grey = single((0.4 + 0.5 * draw("grey", [2, 1, SIDE, SIDE])).clamp(min=0))
    with torch.no_grad():
        outputs = F.normalize(NETS[name](store, standardise(grey), hidden, feature), dim=1)
    state = {}
    for key, value in store.items():
        state[key] = value.detach()
        if key.endswith(".gamma"):
            layer = key[: -len("gamma")]
            n = 36 if layer.startswith("cb2") and name != "compnet" else 9
            state[layer + "theta"] = torch.arange(n).float() * math.pi / n
            state[layer + "psi"] = torch.zeros(1)
        if key.endswith(".running_var"):
            state[key[: -len("running_var")] + "num_batches_tracked"] = torch.tensor(3)
    state[HEAD[name]] = single(draw("head", [7, feature]))
    return state, grey, outputs


def save(state, path):
    if not str(path).endswith(".safetensors"):
        torch.save(state, path)
        return
    header, body = {}, b""
    for name, tensor in state.items():
        data = tensor.numpy().tobytes()
        kind = {torch.float32: "F32", torch.int64: "I64"}[tensor.dtype]
        place = [len(body), len(body) + len(data)]
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": place}
        body += data
    text = json.dumps(header).encode()
    pathlib.Path(path).write_bytes(len(text).to_bytes(8, "little") + text + body)


def small():
    """A file with what PyTorch checkpoints hold."""
    base = torch.arange(12, dtype=torch.float32).reshape(3, 4)
    state = torch.nn.Linear(2, 3).state_dict()
    state["weight"] = single(draw("small", [3, 2]))
    state["bias"] = torch.tensor([1.0, -2.0, 0.5])
    state["turned"] = base.T
    state["part"] = base[1:, 1:3]
    state["half"] = torch.tensor([0.5, -1.5], dtype=torch.float16)
    state["brain"] = torch.tensor([0.5, -1.5], dtype=torch.bfloat16)
    state["double"] = torch.tensor([0.25], dtype=torch.float64)
    state["count"] = torch.tensor(7)
    torch.save(state, HERE / "small.pth")


def check_onnx(program):
    import onnxruntime

    worst = 0.0
    for name in NETS:
        for ending in "pth", "safetensors":
            state, grey, want = state_dict(name, 24, 16)
            with tempfile.TemporaryDirectory() as folder:
                checkpoint = f"{folder}/net.{ending}"
                save(state, checkpoint)
                for form in "published", "folded":
                    command = [program, "convert", "--net", name, "--form", form, checkpoint]
                    subprocess.run(command + [f"{folder}/net.onnx"], check=True)
                    session = onnxruntime.InferenceSession(f"{folder}/net.onnx")
                    got = session.run(["feature"], {"roi": grey.numpy()})[0]
                    error = float(abs(got - want.numpy()).max() / abs(want).max())
                    print(f"{name} {ending} {form}: relative error {error:.1e}")
                    worst = max(worst, error)
    if worst > 1e-4:
        sys.exit(f"off by {worst}")


def speed(file):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(file, options)
    image = {"roi": (0.5 + 0.5 * draw("image", [1, 1, SIDE, SIDE])).float().numpy()}
    times = []
    for _ in range(43):
        start = time.perf_counter()
        session.run(["feature"], image)
        times.append(1e3 * (time.perf_counter() - start))
    times = sorted(times[3:])
    print(f"ONNX Runtime: median {times[len(times) // 2]:.2f} ms, best {times[0]:.2f} ms")


def arcface(cosines, labels, scale=30.0, margin=0.5):
    """Cross-entropy with an angle added to that of the true identity (Deng et al. 2019)."""
    cosine = cosines.gather(1, labels[:, None])
    sine = torch.sqrt((1 - cosine**2).clamp(min=1e-8))
    moved = cosine * math.cos(margin) - sine * math.sin(margin)
    straight = cosine - math.sin(margin) * margin
    moved = torch.where(cosine > -math.cos(margin), moved, straight)
    return F.cross_entropy(scale * cosines.scatter(1, labels[:, None], moved), labels)


def contrastive(vectors, labels, temperature=0.07):
    """Supervised contrastive loss (Khosla et al. 2020, eq. 2): every other vector of a label is a positive."""
    itself = torch.eye(len(labels), dtype=torch.bool)
    positive = (labels[:, None] == labels) & ~itself
    logits = (vectors @ vectors.T / temperature).masked_fill(itself, -torch.inf)
    chances = logits - logits.logsumexp(1, keepdim=True)
    return -(chances.masked_fill(~positive, 0).sum(1) / positive.sum(1)).mean()


def step(batch, steps, classes=600):
    """Training steps of CCNet: two views of `batch` palms together, both losses, dropout and Adam."""
    hidden, feature = FULL["ccnet"]
    store = Store()
    store.learning = True
    value = torch.arange(2 * batch * SIDE * SIDE) * 7919 + 13
    images = (value % 1009 / 504.5 - 1).reshape(-1, 1, SIDE, SIDE)
    labels = torch.arange(batch) % classes

    def loss():
        first, second = ccnet_ends(store, images, hidden, feature)
        head = store.get(HEAD["ccnet"], [classes, feature])
        cosines = F.normalize(F.dropout(second, 0.5)) @ F.normalize(head).T
        joined = F.normalize(torch.cat([first, second], 1))
        return 0.8 * arcface(cosines[:batch], labels) + 0.2 * contrastive(joined, labels.repeat(2))

    loss()  # Parameters come into being.
    adam = torch.optim.Adam([p for p in store.values() if p.requires_grad], lr=1e-3)
    times = []
    for _ in range(2 + steps):
        start = time.perf_counter()
        adam.zero_grad()
        loss().backward()
        adam.step()
        times.append(time.perf_counter() - start)
    times = sorted(times[2:])
    what = {"what": "training step of ccnet", "backend": f"pytorch {torch.__version__}", "batch": batch, "steps": steps}
    print(json.dumps(what | {"median_seconds": times[len(times) // 2], "best_seconds": times[0]}))


if __name__ == "__main__":
    torch.manual_seed(0)
    match sys.argv[1:]:
        case ["golden"]:
            for net in NETS:
                golden(net)
                torch.set_default_dtype(torch.float32)
            small()
        case ["onnx", program]:
            check_onnx(program)
        case ["checkpoint", net, file]:
            save(state_dict(net, *FULL[net])[0], file)
        case ["speed", file]:
            speed(file)
        case ["step", *rest]:
            options = argparse.ArgumentParser(prog="palmnets.py step")
            options.add_argument("--batch", type=int, default=64)
            options.add_argument("--steps", type=int, default=10)
            step(**vars(options.parse_args(rest)))
        case _:
            sys.exit(__doc__)
