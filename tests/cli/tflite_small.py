#!/usr/bin/python3
"""tflite_small.py ZYNQSIM DESIGN.yaml [NAME...]: TFLite models of one or a few operators, written here, against NumPy.

Prints each that differs, was refused or crashed; ends with 1 then. Integers must be equal byte for byte."""
import math
import multiprocessing
import os
import struct
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("numpy is not there")
    sys.exit(77)

F32 = np.float32
TYPES = {"float32": 0, "float16": 1, "int32": 2, "uint8": 3, "int64": 4, "int8": 9}


class Flat:
    """A FlatBuffer written front to back; fields of tables are {number: (format, value)}, "o" an offset to be filled in."""

    def __init__(self, head):
        self.bytes = bytearray(head)

    def align(self, n=8):
        self.bytes += b"\0" * (-len(self.bytes) % n)

    def lead(self, at):
        self.align()
        struct.pack_into("<I", self.bytes, at, len(self.bytes) - at)

    def table(self, at, fields):
        n = max(fields, default=-1) + 1
        self.align()
        vtable = len(self.bytes)
        self.bytes += bytes(4 + 2 * n)
        self.align()
        start, places = len(self.bytes), {}
        struct.pack_into("<I", self.bytes, at, start - at)
        self.bytes += struct.pack("<i", start - vtable)
        for number, (form, value) in fields.items():
            form = "I" if form == "o" else form
            self.align(struct.calcsize(form))
            places[number] = len(self.bytes)
            struct.pack_into("<H", self.bytes, vtable + 4 + 2 * number, len(self.bytes) - start)
            self.bytes += struct.pack("<" + form, value)
        struct.pack_into("<HH", self.bytes, vtable, 4 + 2 * n, len(self.bytes) - start)
        return places

    def vector(self, at, values, form):
        self.lead(at)
        self.bytes += struct.pack("<I", len(values))
        self.bytes += bytes(values) if form == "B" else struct.pack(f"<{len(values)}{form}", *values)

    def tables(self, at, n):
        self.vector(at, [0] * n, "I")
        return [len(self.bytes) - 4 * (n - i) for i in range(n)]


class Model:
    def __init__(self):
        self.tensors, self.operators, self.wanted, self.asked = [], [], [], []

    def tensor(self, shape, dtype="float32", scale=None, zero=0, data=None):
        self.tensors.append((list(shape), dtype, scale, zero, data))
        return len(self.tensors) - 1

    def constant(self, data, scale=None, zero=0):
        data = np.asarray(data)
        return self.tensor(data.shape, str(data.dtype), scale, zero, data)

    def op(self, code, inputs, outputs, options=None):
        self.operators.append((code, inputs, outputs, options or {}))
        return outputs[0]

    def ends(self, x, *outputs):
        """The input's values, and the tensors and values of the results."""
        self.x, self.wanted = x, outputs
        return self

    def write(self, path):
        f = Flat(b"\0\0\0\0TFL3")
        root = f.table(0, {0: ("I", 3), 1: ("o", 0), 2: ("o", 0), 4: ("o", 0)})
        codes = sorted({o[0] for o in self.operators})
        for code, at in zip(codes, f.tables(root[1], len(codes))):
            f.table(at, {0: ("b", min(code, 127)), 3: ("i", code)})
        graph = f.table(f.tables(root[2], 1)[0], {i: ("o", 0) for i in range(4)})
        for i, at in enumerate(f.tables(graph[0], len(self.tensors))):
            shape, dtype, scale, zero, _ = self.tensors[i]
            fields = {0: ("o", 0), 1: ("b", TYPES[dtype]), 2: ("I", i + 1), 3: ("o", 0)}
            if scale is not None:
                fields[4] = ("o", 0)
            places = f.table(at, fields)
            f.vector(places[0], shape, "i")
            f.vector(places[3], f"t{i}".encode(), "B")
            if scale is not None:
                quant = f.table(places[4], {2: ("o", 0), 3: ("o", 0)})
                f.vector(quant[2], [scale], "f")
                f.vector(quant[3], [zero], "q")
        f.vector(graph[1], [0], "i")
        f.vector(graph[2], [t for t, _ in self.wanted], "i")
        for (code, inputs, outputs, options), at in zip(self.operators, f.tables(graph[3], len(self.operators))):
            places = f.table(at, {0: ("I", codes.index(code)), 1: ("o", 0), 2: ("o", 0), 4: ("o", 0)})
            f.vector(places[1], inputs, "i")
            f.vector(places[2], outputs, "i")
            f.table(places[4], {k: v if isinstance(v, tuple) else ("i", v) for k, v in options.items()})
        buffers = f.tables(root[4], len(self.tensors) + 1)
        f.table(buffers[0], {})
        for (_, _, _, _, data), at in zip(self.tensors, buffers[1:]):
            if data is None:
                f.table(at, {})
            else:
                f.vector(f.table(at, {0: ("o", 0)})[0], data.tobytes(), "B")
        f.align()
        with open(path, "wb") as out:
            out.write(f.bytes)


def ints(*values):
    return np.array(values, np.int32)


rng = np.random.default_rng(5)
X = rng.normal(size=(1, 6, 5, 4)).astype(F32)
S8 = rng.integers(-128, 128, X.shape).astype(np.int8)
U8 = rng.integers(0, 256, X.shape).astype(np.uint8)
STEP, ZERO = 0.1, 3
CASES = {}


def one(name, code, x, want, constants=(), options=None, front=(), scale=STEP, zero=ZERO):
    """A model of one operator: constants in front of the input and behind it; of integers all have one scale but the result."""
    def build():
        m = Model()
        step = None if x.dtype == F32 else STEP
        given = m.tensor(x.shape, str(x.dtype), step, ZERO)
        before = [m.constant(c) for c in front]
        behind = [m.constant(c, STEP if c.dtype == x.dtype and step else None, ZERO) for c in constants]
        wants = want if isinstance(want, list) else [want]
        outs = [m.tensor(w.shape, str(w.dtype), scale if step and w.dtype == x.dtype else None, zero) for w in wants]
        m.op(code, before + [given] + behind, outs, options)
        return m.ends(x, *zip(outs, wants))
    CASES[name] = build


def case(build):
    CASES[build.__name__] = build


for kind, x in (("float", X), ("int8", S8)):
    one("slice_" + kind, 65, x, x[:, 1:4, :, 1:3], [ints(0, 1, 0, 1), ints(1, 3, -1, 2)])
    one("stride_" + kind, 45, x, x[:, 1:6:2], [ints(0, 1, 0, 0), ints(1, 6, 5, 4), ints(1, 2, 1, 1)])
    one("split_" + kind, 49, x, [x[..., :2], x[..., 2:]], options={0: 2}, front=[np.array(3, np.int32)])
    one("pad_" + kind, 34, x, np.pad(x, ((0, 0), (0, 0), (1, 0), (0, 2)), constant_values=0 if kind == "float" else ZERO),
        [np.array([[0, 0], [0, 0], [1, 0], [0, 2]], np.int32)])
one("stride_masks", 45, X, X[:, :, 3::-1], [ints(0, 0, 3, 0), ints(0, 0, 0, 0), ints(1, 1, -1, 1)], {0: 3, 1: 15})
one("stride_shrink", 45, X, X[:, 2, :, -1], [ints(0, 2, 0, -1), ints(1, 0, 0, 0), ints(1, 1, 1, 1)], {0: 5, 1: 5, 4: 10})
one("split_v", 102, X, [X[..., :1], X[..., 1:]], [ints(1, 3), np.array(3, np.int32)], {0: 2})
one("unpack", 88, X, [X[:, k] for k in range(6)], options={0: 6, 1: 1})
one("gather", 36, X, X[..., [3, 0, 3]], [ints(3, 0, 3)], {0: 3})
one("gather_one", 36, X, X[:, 2], [np.array(2, np.int32)], {0: 1})
one("depth_to_space", 5, X, X.reshape(1, 6, 5, 2, 2, 1).transpose(0, 1, 3, 2, 4, 5).reshape(1, 12, 10, 1), options={0: 2})
one("space_to_depth", 26, np.ascontiguousarray(X[:, :, :4]), X[:, :, :4].reshape(1, 3, 2, 2, 2, 4).transpose(0, 1, 3, 2, 4, 5).reshape(1, 3, 2, 16),
    options={0: 2})
one("mirror_pad", 100, X, np.pad(X, ((0, 0), (1, 2), (2, 1), (0, 0)), "reflect"), [np.array([[0, 0], [1, 2], [2, 1], [0, 0]], np.int32)])
one("l2_normalization", 11, X, X / np.sqrt((X * X).sum(-1, keepdims=True)))
one("arg_max", 56, X, X.argmax(3).astype(np.int32), [np.array(3, np.int32)])
one("arg_max_int8", 56, S8, S8.argmax(3).astype(np.int32), [np.array(3, np.int32)])
one("rsqrt", 76, abs(X) + F32(0.1), 1 / np.sqrt(abs(X) + F32(0.1)))
one("square", 92, X, X * X)
one("squared_difference", 99, X, (X - X[0, 0, 0]) ** 2, [X[0, 0, 0]])
one("sin", 66, X * 40, np.sin(X.astype(np.float64) * 40).astype(F32))
one("cos", 108, X, np.cos(X))
one("gelu_tanh", 150, X, (X * 0.5 * (1 + np.tanh(np.sqrt(2 / np.pi) * (X + 0.044715 * X ** 3)))).astype(F32), options={0: ("b", 1)})
one("rows", 9, X[:, 0], X[:, 0] @ X[0, 1].T, [np.ascontiguousarray(X[0, 1])], {2: ("b", 1)})
one("batch_matmul", 126, X, X @ X.transpose(0, 1, 3, 2), [X], {1: ("b", 1)})
one("maximum_int8", 55, S8, np.maximum(S8, S8[0, 0, 0]), [S8[0, 0, 0]])
one("minimum_uint8", 57, U8, np.minimum(U8, U8[0, 0, 0]), [U8[0, 0, 0]])
one("reduce_max_int8", 82, S8, S8.max((1, 2)), [ints(1, 2)])


def lrn(x, radius, bias, alpha, beta):
    around = np.stack([(x[..., max(0, c - radius):c + radius + 1] ** 2).sum(-1) for c in range(x.shape[-1])], -1)
    return (x / (bias + alpha * around) ** beta).astype(F32)


one("local_response_normalization", 13, X, lrn(X, 1, 1.5, 0.3, 0.6), options={0: 1, 1: ("f", 1.5), 2: ("f", 0.3), 3: ("f", 0.6)})
one("log_softmax", 50, X, X - np.log(np.exp(X).sum(-1, keepdims=True)))
one("relu_0_to_1", 152, X, X.clip(0, 1))
for kind, x in (("float", X), ("int8", S8)):
    one("tile_" + kind, 69, x, np.tile(x, (1, 2, 1, 3)), [ints(1, 2, 1, 3)])
    one("broadcast_to_" + kind, 130, x[:, :1], np.broadcast_to(x[:, :1], x.shape), [ints(*x.shape)])
one("add_n", 106, X, X + X[0, 0, 0] + 2 * X, [X[0, 0, 0], 2 * X])


def atrous(is_int):
    """3 x 3 over every second row and third column, with zeros around, as SPACE_TO_BATCH_ND writes it; depthwise where of integers."""
    m = Model()
    x, (h, w, c) = (S8 if is_int else X), X.shape[1:]
    step = STEP if is_int else None
    pads, crops, block = ((2, 2), (3, 4)), ((0, 0), (0, 1)), (2, 3)
    given, kind = m.tensor(x.shape, str(x.dtype), step, ZERO), str(x.dtype)
    spread_to = (6, (h + 4) // 2, (w + 7) // 3, c)
    parts = m.tensor(spread_to, kind, step, ZERO)
    m.op(38, [given, m.constant(ints(*block)), m.constant(np.array(pads, np.int32))], [parts])
    if is_int:
        weights = rng.integers(-127, 128, (1, 3, 3, c)).astype(np.int8)
        kernel = m.constant(weights, 0.02)
    else:
        weights = rng.normal(size=(1, 3, 3, c)).astype(F32)
        kernel = m.constant(weights)
    sums = m.tensor((6, spread_to[1] - 2, spread_to[2] - 2, c), kind, 0.3 if is_int else None, -4)
    m.op(4, [parts, kernel], [sums], {0: ("b", 1), 1: 1, 2: 1, 3: 1})
    out = m.tensor((1, h, w, c), kind, 0.3 if is_int else None, -4)
    m.op(37, [sums, m.constant(ints(*block)), m.constant(np.array(crops, np.int32))], [out])
    real = np.pad((x.astype(np.int64) - ZERO if is_int else x.astype(np.float64)), ((0, 0), *pads, (0, 0)))
    y = sum(real[:, 2 * i:2 * i + h, 3 * j:3 * j + w] * weights[0, i, j] for i in range(3) for j in range(3))
    if is_int:
        factor = float(F32(STEP)) * float(F32(0.02)) / float(F32(0.3))
        y = np.vectorize(lambda v: max(-128, min(127, scaled(int(v), factor) - 4)))(y).astype(np.int8)
    return m.ends(x, (out, y if is_int else y.astype(F32)))


CASES["space_to_batch_float"] = lambda: atrous(False)
CASES["space_to_batch_int8"] = lambda: atrous(True)


# ---- integers ----------------------------------------------------------------------------------

def scaled(x, factor):
    """TFLite's multiplication by a multiplier of 31 bits and a shift, both rounded."""
    fraction, shift = math.frexp(factor)
    m = math.floor(fraction * 2 ** 31 + 0.5)
    high = (x * 2 ** max(shift, 0) * m + 2 ** 30) >> 31
    right = max(-shift, 0)
    return high if right == 0 else (1 if high >= 0 else -1) * ((abs(high) + 2 ** (right - 1)) >> right)


def leaky(q):
    real = float(F32(STEP)) / float(F32(0.07))
    v = scaled(int(q) - ZERO, real if q >= ZERO else float(F32(STEP)) * float(F32(0.2)) / float(F32(0.07)))
    return max(-128, min(127, v - 5))


one("leaky_relu_int8", 98, S8, np.vectorize(leaky)(S8).astype(np.int8), options={0: ("f", 0.2)}, scale=0.07, zero=-5)


def between(x, sizes, aligned, half):
    """Bilinear: int8 in 1024ths, halves away from 0; uint8 in single precision, halves up; real numbers."""
    is_fixed, number = x.dtype == np.int8, F32 if x.dtype == np.uint8 else np.float64

    def place(o, n, out):
        if is_fixed:
            step = (1024 * (n - 1) + (out - 1) // 2) // (out - 1) if aligned and out > 1 else (1024 * n + out // 2) // out
            at = o * step + (step // 2 - 512 if half else 0)
            return at, max(int(at / 1024), 0), min(int((at + 1023) / 1024), n - 1)
        scale = number(n - 1) / number(out - 1) if aligned and out > 1 else number(n) / number(out)
        at = (number(o) + number(0.5)) * scale - number(0.5) if half else number(o) * scale
        return at, max(math.floor(at), 0), min(math.ceil(at), n - 1)

    t = x[0].astype(np.int64 if is_fixed else number)
    one_, y = (1024 if is_fixed else number(1)), np.zeros((1, *sizes, x.shape[3]))
    for oy in range(sizes[0]):
        for ox in range(sizes[1]):
            (ay, y0, y1), (ax, x0, x1) = place(oy, x.shape[1], sizes[0]), place(ox, x.shape[2], sizes[1])
            dy, dx = ay - y0 * one_, ax - x0 * one_
            v = t[y0, x0] * (one_ - dy) * (one_ - dx) + t[y1, x0] * dy * (one_ - dx) + t[y0, x1] * (one_ - dy) * dx + t[y1, x1] * dy * dx
            if is_fixed:
                v = np.sign(v) * ((abs(v) + 2 ** 19) // 2 ** 20)
            y[0, oy, ox] = np.floor(v + F32(0.5)) if x.dtype == np.uint8 else v
    return y.astype(x.dtype)


for kind, x in (("float", X), ("int8", S8), ("uint8", U8)):
    for sizes, aligned, half in (((12, 10), 0, 0), ((12, 10), 0, 1), ((11, 9), 1, 0), ((3, 8), 0, 1), ((13, 2), 1, 0)):
        one(f"resize_{kind}_{sizes[0]}x{sizes[1]}_{aligned}{half}", 23, x, between(x, sizes, aligned, half), [ints(*sizes)],
            {2: ("B", aligned), 3: ("B", half)})


# ---- several operators -------------------------------------------------------------------------

def spread(same, strides, kernel, out):
    """TRANSPOSE_CONV: every input pixel adds the kernel to the result."""
    m, w, b = Model(), rng.normal(size=(3, *kernel, 4)).astype(F32), rng.normal(size=3).astype(F32)
    pads = [max(0, (n - 1) * s + k - o) // 2 if same else 0 for n, s, k, o in zip(X.shape[1:3], strides, kernel, out)]
    y = np.zeros((1, *out, 3)) + b
    for at in np.ndindex(*X.shape[1:3], *kernel):
        oy, ox = at[0] * strides[0] - pads[0] + at[2], at[1] * strides[1] - pads[1] + at[3]
        if 0 <= oy < out[0] and 0 <= ox < out[1]:
            y[0, oy, ox] += w[:, at[2], at[3]] @ X[0, at[0], at[1]]
    x = m.tensor(X.shape)
    made = m.op(67, [m.constant(ints(1, *out, 3)), m.constant(w), x, m.constant(b)], [m.tensor(y.shape)],
                {0: ("b", 0 if same else 1), 1: strides[1], 2: strides[0]})
    return m.ends(X, (made, y.astype(F32)))


CASES["transpose_conv_same"] = lambda: spread(True, (2, 2), (3, 3), (11, 10))
CASES["transpose_conv_valid"] = lambda: spread(False, (2, 3), (3, 2), (13, 14))
CASES["transpose_conv_gaps"] = lambda: spread(False, (3, 3), (2, 2), (18, 15))


@case
def flatten_by_shape():
    """Keras' Flatten: the sizes are computed from the shape of the input."""
    m, w = Model(), rng.normal(size=(3, 120)).astype(F32)
    x = m.tensor(X.shape)
    shape = m.op(77, [x], [m.tensor((4,), "int32")])
    first = m.op(45, [shape] + [m.constant(ints(k)) for k in (0, 1, 1)], [m.tensor((), "int32")], {4: 1})
    sizes = m.op(83, [first, m.constant(np.array(120, np.int32))], [m.tensor((2,), "int32")], {0: 2})
    flat = m.op(22, [x, sizes], [m.tensor((1, 120))])
    return m.ends(X, (m.op(9, [flat, m.constant(w), -1], [m.tensor((1, 3))]), X.reshape(1, -1) @ w.T))


@case
def half_weights():
    m, w, b = Model(), rng.normal(size=(5, 1, 1, 4)).astype(np.float16), rng.normal(size=5).astype(np.float16)
    x = m.tensor(X.shape)
    real = [m.op(6, [m.constant(k)], [m.tensor(k.shape)]) for k in (w, b)]
    y = m.op(3, [x] + real, [m.tensor((1, 6, 5, 5))], {0: ("b", 1), 1: 1, 2: 1})
    return m.ends(X, (y, X @ w[:, 0, 0].astype(F32).T + b.astype(F32)))


@case
def conv_of_samples_int8():
    """Integers of several samples, which a Reshape makes of one."""
    m, (h, w) = Model(), (3, 5)
    given = m.tensor(S8.shape, "int8", STEP, ZERO)
    parts = m.op(22, [given, m.constant(ints(2, h, w, 4))], [m.tensor((2, h, w, 4), "int8", STEP, ZERO)])
    weights, bias = rng.integers(-127, 128, (3, 1, 1, 4)).astype(np.int8), rng.integers(-999, 999, 3).astype(np.int32)
    y = m.op(3, [parts, m.constant(weights, 0.02), m.constant(bias, STEP * 0.02)], [m.tensor((2, h, w, 3), "int8", 0.3, -4)], {0: ("b", 1), 1: 1, 2: 1})
    sums = (S8.reshape(2, h, w, 4).astype(np.int64) - ZERO) @ weights[:, 0, 0].astype(np.int64).T + bias
    factor = float(F32(STEP)) * float(F32(0.02)) / float(F32(0.3))
    return m.ends(S8, (y, np.vectorize(lambda v: max(-128, min(127, scaled(int(v), factor) - 4)))(sums).astype(np.int8)))


@case
def pack_computed():
    m = Model()
    x = m.tensor(X.shape)
    y = m.op(83, [x, m.op(19, [x], [m.tensor(X.shape)])], [m.tensor((1, 2) + X.shape[1:])], {0: 2, 1: 1})
    return m.ends(X, (y, np.stack([X, np.maximum(X, 0)], 1)))


@case
def asked_before_custom():
    """Detectors end in an operator of their own; what does not depend on it can be asked for."""
    m = Model()
    boxes = m.op(101, [m.tensor(X.shape)], [m.tensor(X.shape)])
    found = m.op(32, [boxes], [m.tensor((1, 10, 4))])
    m.ends(X, (found, None))
    m.asked = [f"t{boxes}"]
    return m


def run(job):
    exe, design, name = job
    m = CASES[name]()
    with tempfile.TemporaryDirectory() as d:
        m.write(d + "/m.tflite")
        np.save(d + "/x.npy", m.x)
        r = subprocess.run([exe, "run", design, "--model", d + "/m.tflite", "--input", d + "/x.npy", "--fidelity", "bound", "--out", d + "/o"]
                           + [word for name in m.asked for word in ("--output", name)],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", timeout=120, check=False)
        if r.returncode not in (0, 1):
            return name, f"exit {r.returncode}: {r.stderr.strip()[-300:]}"
        for i, (tensor, want) in enumerate(m.wanted if not m.asked else [(0, abs(X))]):
            got = np.load(d + ("/o/output.npy" if i == 0 else f"/o/output-t{tensor}.npy"))
            room = 0 if want.dtype != F32 else 1e-5 * max(1, abs(want).max())
            if got.shape != want.shape:
                return name, f"shape {got.shape} instead of {want.shape}"
            off = abs(got.astype(np.float64) - want.astype(np.float64))
            if (off > room).any():
                return name, f"result {i} differs by up to {off.max():g}"
    return name, ""


def main():
    names = [n for n in CASES if not sys.argv[3:] or any(w in n for w in sys.argv[3:])]
    with multiprocessing.Pool(min(2, os.cpu_count() or 1)) as pool:
        results = pool.map(run, [(sys.argv[1], sys.argv[2], n) for n in names], chunksize=4)
    for name, why in results:
        if why:
            print(name, why)
    bad = sum(1 for _, why in results if why)
    print(f"{len(results)} TFLite models, {bad} differ")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
