#!/usr/bin/python3
"""onnx_graphs.py ZYNQSIM DESIGN.yaml [--seeds A:B] [--only OPERATOR] [--size N]: random ONNX graphs, computed here in NumPy as well.

Each seed is a small graph of operators of any kind: other ranks, opsets, forms of attributes, constants behind other operators,
open batches. The design is random, too (fusion, loop order, tiles, kind). Prints each seed whose values differ, that crashed or
was refused; ends with 1 when a value is wrong or the program crashes. `--size 1` makes graphs of one operator. `--exact PRECISION`
holds three random designs of a graph, in that precision, against the PS that runs all of it: the results must be the same bytes."""
import argparse
import collections
import math
import multiprocessing
import os
import subprocess
import sys
import tempfile

from onnx_here import np, TensorProto, helper, numpy_helper


class Skip(Exception):
    """An operator that does not go with the value at hand."""


class Value:
    def __init__(self, name, x):
        self.name, self.x = name, x


class Graph:
    """Each method adds a node and computes its result."""

    def __init__(self, rng, opset):
        self.rng, self.opset = rng, opset
        self.nodes, self.initializers, self.inputs, self.count = [], [], [], 0
        self.used = collections.Counter()

    def name(self, stem="v"):
        self.count += 1
        return f"{stem}{self.count}"

    def pick(self, *choices):
        return choices[self.rng.integers(len(choices))]

    def chance(self, p):
        return self.rng.random() < p

    def node(self, op, inputs, x, n=1, **attrs):
        """x: the result, or a list of n."""
        outs = [self.name() for _ in range(n)]
        names = [i.name if isinstance(i, Value) else i for i in inputs]
        while names and names[-1] == "":
            names.pop()
        self.nodes.append(helper.make_node(op, names, outs, name=f"{op}_{self.count}" if self.chance(0.5) else "",
                                           **{k: v for k, v in attrs.items() if v is not None}))
        self.used[op] += 1
        values = [Value(o, y) for o, y in zip(outs, x if n > 1 else [x])]
        return values if n > 1 else values[0]

    def constant(self, x, plain=False):
        """The same numbers in one of the ways that exporters write them."""
        x = np.asarray(x)
        is_float = x.dtype.kind == "f"
        if is_float:
            x = x.astype(np.float32)
        how = "initializer" if plain else self.pick("initializer", "initializer", "node", "input", "identity", "cast",
                                                    "reshape", "transpose", "unsqueeze", "double", "half")
        name = self.name("c")
        if how == "node":
            self.nodes.append(helper.make_node("Constant", [], [name], value=numpy_helper.from_array(x, "")))
            return Value(name, x)
        stored, then = x, None
        if how == "cast" and is_float:
            x = np.round(x * 4) / 4
            stored, then = x.astype(np.float16), ("Cast", [], {"to": TensorProto.FLOAT})
        elif how == "half" and is_float:  # as they are in files of fp16 behind a cast
            stored = x.astype(np.float16)
            x, then = stored.astype(np.float32), ("Cast", [], {"to": TensorProto.FLOAT})
        elif how == "double" and is_float:
            stored, then = x.astype(np.float64), ("Cast", [], {"to": TensorProto.FLOAT})
        elif how == "identity":
            then = ("Identity", [], {})
        elif how == "reshape" and x.size and self.opset >= 5:
            shape = Value(self.name("c"), np.array(x.shape, np.int64))
            self.initializers.append(numpy_helper.from_array(shape.x, shape.name))
            stored, then = x.reshape(-1), ("Reshape", [shape.name], {})
        elif how == "transpose" and x.ndim > 1:
            perm = list(self.rng.permutation(x.ndim))
            stored = np.ascontiguousarray(x.transpose(np.argsort(perm)))
            then = ("Transpose", [], {"perm": [int(p) for p in perm]})
        elif how == "unsqueeze" and x.ndim > 0 and x.shape[0] == 1 and self.opset < 13:
            stored, then = x[0], ("Unsqueeze", [], {"axes": [0]})
        stem = name if then is None else self.name("c")
        self.initializers.append(numpy_helper.from_array(np.array(stored, order='C'), stem))
        if how == "input" and stored.ndim > 0:
            self.inputs.append(helper.make_tensor_value_info(stem, numpy_helper.to_array(self.initializers[-1]).dtype.kind == "f"
                                                             and TensorProto.FLOAT or TensorProto.INT64, stored.shape))
        if then is not None:
            self.nodes.append(helper.make_node(then[0], [stem] + then[1], [name], **then[2]))
        return Value(name, x.astype(np.float64) if is_float else x)

    def ints(self, values):
        return self.constant(np.array(values, np.int64))

    def random(self, *shape):
        return np.round(self.rng.normal(size=shape) * 64) / 64

    def bound(self, x, limit=30):
        if not np.all(np.isfinite(x)) or (x.size and np.abs(x).max() > limit) or x.size == 0 or x.size > 20000:
            raise Skip
        return x

    def shape_of(self, v):
        """The sizes of v as a constant or as computed by operators."""
        if self.chance(0.5):
            return self.node("Shape", [v], np.array(v.x.shape, np.int64))
        return self.ints(v.x.shape)


# ---- windows -----------------------------------------------------------------------------------

def same_pads(size, k, s, d, upper):
    out = -(-size // s)
    total = max(0, (out - 1) * s + (k - 1) * d + 1 - size)
    return (total // 2, total - total // 2) if upper else (total - total // 2, total // 2)


def window(g, sizes, ceil=False, dilate=True, most=4):
    """Random kernel, strides, dilations, pads (begin, end by axis), attributes."""
    n = len(sizes)
    kernel = [int(g.rng.integers(1, most + 1)) for _ in sizes]
    strides = [int(g.rng.integers(1, 4)) for _ in sizes] if g.chance(0.6) else [1] * n
    dilations = [int(g.rng.integers(1, 3)) for _ in sizes] if dilate and g.chance(0.3) else [1] * n
    attrs = {"kernel_shape": kernel}
    if strides != [1] * n or g.chance(0.3):
        attrs["strides"] = strides
    if dilations != [1] * n or (dilate and g.chance(0.2)):
        attrs["dilations"] = dilations
    how = g.pick("pads", "pads", "pads", "none", "SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET")
    pads = [(0, 0)] * n
    if how in ("pads", "NOTSET"):
        pads = [tuple(int(p) for p in g.rng.integers(0, (k - 1) * d + 1, 2)) for k, d in zip(kernel, dilations)]
        if g.chance(0.5):
            pads = [(p[0], p[0]) for p in pads]
        attrs["pads"] = [p[0] for p in pads] + [p[1] for p in pads]
    elif how.startswith("SAME"):
        pads = [same_pads(s, k, t, d, how == "SAME_UPPER") for s, k, t, d in zip(sizes, kernel, strides, dilations)]
    if how not in ("pads", "none"):
        attrs["auto_pad"] = how
    outs = []
    for i in range(n):
        span = sizes[i] + sum(pads[i]) - (kernel[i] - 1) * dilations[i] - 1
        if span < 0:
            raise Skip
        up = ceil and how != "SAME_UPPER" and how != "SAME_LOWER"
        outs.append((-(-span // strides[i]) if up else span // strides[i]) + 1)
        if up and (outs[i] - 1) * strides[i] >= sizes[i] + pads[i][0]:
            raise Skip  # a window wholly outside: versions of the operator differ
    return kernel, strides, dilations, pads, outs, attrs


def taps(x, kernel, strides, dilations, pads, outs, fill):
    """[N][C][outs...][prod kernel]"""
    n = len(kernel)
    extra = [max(0, (outs[i] - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1 - x.shape[2 + i] - sum(pads[i])) for i in range(n)]
    x = np.pad(x, [(0, 0), (0, 0)] + [(p[0], p[1] + e) for p, e in zip(pads, extra)], constant_values=fill)
    parts = []
    for at in np.ndindex(*kernel):
        index = [slice(None), slice(None)]
        for i in range(n):
            start = at[i] * dilations[i]
            index.append(slice(start, start + (outs[i] - 1) * strides[i] + 1, strides[i]))
        parts.append(x[tuple(index)])
    return np.stack(parts, -1)


def is_map(v):
    return v.x.ndim in (3, 4) and v.x.shape[0] == 1


def conv_values(x, w, b, groups, kernel, strides, dilations, pads, outs):
    t = taps(x, kernel, strides, dilations, pads, outs, 0)
    oc, each = w.shape[0], x.shape[1] // groups
    y = np.zeros((1, oc) + tuple(outs))
    flat = w.reshape(oc, each, -1)
    for o in range(oc):
        first = o // (oc // groups) * each
        y[0, o] = np.einsum("c...k,ck->...", t[0, first:first + each], flat[o])
    return y if b is None else y + b.reshape((1, oc) + (1,) * len(outs))


def conv(g, v):
    if not is_map(v):
        raise Skip
    c = v.x.shape[1]
    groups = g.pick(1, 1, c, *[k for k in (2, 3) if c % k == 0])
    oc = groups * int(g.rng.integers(1, 4))
    kernel, strides, dilations, pads, outs, attrs = window(g, v.x.shape[2:])
    w = g.constant(g.random(oc, c // groups, *kernel) * 0.4)
    b = g.constant(g.random(oc)) if g.chance(0.6) else None
    if groups != 1 or g.chance(0.3):
        attrs["group"] = groups
    if g.chance(0.3):
        del attrs["kernel_shape"]
    y = conv_values(v.x, w.x, b.x if b else None, groups, kernel, strides, dilations, pads, outs)
    return g.node("Conv", [v, w] + ([b] if b else g.pick([], [""])), y, **attrs)


def conv_transpose(g, v):
    if not is_map(v):
        raise Skip
    c, n = v.x.shape[1], v.x.ndim - 2
    groups = g.pick(1, 1, c)
    oc = int(g.rng.integers(1, 4))
    kernel, strides, dilations, pads, _, attrs = window(g, [20] * n)
    attrs.pop("auto_pad", None)
    attrs.pop("pads", None)
    outs, more = [], [0] * n
    how = g.pick("pads", "none", "shape", "SAME_UPPER", "SAME_LOWER", "VALID")
    if g.chance(0.4):
        more = [int(g.rng.integers(0, max(s, 1))) for s in strides]
        attrs["output_padding"] = more
    full = [(v.x.shape[2 + i] - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1 for i in range(n)]
    if how == "pads":
        pads = [(int(g.rng.integers(0, k)), int(g.rng.integers(0, k))) for k in kernel]
        attrs["pads"] = [p[0] for p in pads] + [p[1] for p in pads]
    elif how in ("shape", "SAME_UPPER", "SAME_LOWER"):
        if how == "shape":
            want = [max(1, f + m - int(g.rng.integers(0, 3))) for f, m in zip(full, more)]
            attrs["output_shape"] = want
            if g.chance(0.3):
                attrs["auto_pad"] = "SAME_UPPER"
        else:
            want = [v.x.shape[2 + i] * strides[i] for i in range(n)]
            attrs["auto_pad"] = how
        pads = []
        for i in range(n):
            total = full[i] + more[i] - want[i]
            if total < 0:
                raise Skip
            upper = attrs.get("auto_pad") == "SAME_UPPER"
            pads.append((total // 2, total - total // 2) if upper else (total - total // 2, total // 2))
    else:
        pads = [(0, 0)] * n
        if how == "VALID":
            attrs["auto_pad"] = "VALID"
    outs = [full[i] + more[i] - sum(pads[i]) for i in range(n)]
    if min(outs) < 1 or max(outs) > 40:
        raise Skip
    if groups != 1:
        attrs["group"] = groups
    w = g.constant(g.random(c, oc, *kernel) * 0.4)
    b = g.constant(g.random(oc * groups)) if g.chance(0.5) else None
    y = np.zeros((1, oc * groups) + tuple(f + m for f, m in zip(full, more)))
    each = c // groups
    for ic in range(c):
        for o in range(oc):
            for at in np.ndindex(*kernel):
                index = (0, ic // each * oc + o) + tuple(
                    slice(at[i] * dilations[i], at[i] * dilations[i] + (v.x.shape[2 + i] - 1) * strides[i] + 1, strides[i])
                    for i in range(n))
                y[index] += v.x[0, ic] * w.x[(ic, o) + at]
    y = y[(slice(None), slice(None)) + tuple(slice(pads[i][0], pads[i][0] + outs[i]) for i in range(n))]
    if b:
        y = y + b.x.reshape((1, -1) + (1,) * n)
    return g.node("ConvTranspose", [v, w] + ([b] if b else []), g.bound(y), **attrs)


def pool(g, v):
    if not is_map(v):
        raise Skip
    is_max = g.chance(0.5)
    ceil = g.opset >= 10 and g.chance(0.4)
    kernel, strides, dilations, pads, outs, attrs = window(g, v.x.shape[2:], ceil, is_max and g.opset >= 10)
    if any(p[0] >= k * d or p[1] >= k * d for p, k, d in zip(pads, kernel, dilations)):
        raise Skip
    if ceil:
        attrs["ceil_mode"] = 1
    t = taps(v.x, kernel, strides, dilations, pads, outs, np.nan)
    if np.any(np.all(np.isnan(t), -1)):
        raise Skip
    if is_max:
        return g.node("MaxPool", [v], np.nanmax(t, -1), **attrs)
    if g.opset >= 7 and g.chance(0.5):
        attrs["count_include_pad"] = 1
        # ceil_mode's additional windows do not count what is beyond the padding
        inside = taps(np.pad(np.ones_like(v.x), [(0, 0), (0, 0)] + list(pads), constant_values=1), kernel, strides, dilations,
                      [(0, 0)] * len(kernel), outs, 0).sum(-1)
        return g.node("AveragePool", [v], np.nansum(t, -1) / inside, **attrs)
    return g.node("AveragePool", [v], np.nanmean(t, -1), **attrs)


def lp_pool(g, v):
    if not is_map(v):
        raise Skip
    kernel, strides, _, pads, outs, attrs = window(g, v.x.shape[2:], dilate=False)
    t = taps(abs(v.x) ** 3, kernel, strides, [1] * len(kernel), pads, outs, 0)
    return g.node("LpPool", [v], g.bound(t.sum(-1) ** (1 / 3)), p=3, **attrs)


def global_pool(g, v):
    if not is_map(v):
        raise Skip
    axes = tuple(range(2, v.x.ndim))
    op = g.pick("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool")
    if op == "GlobalLpPool":
        return g.node(op, [v], np.sqrt((v.x ** 2).sum(axes, keepdims=True)), p=g.pick(None, 2))
    return g.node(op, [v], v.x.mean(axes, keepdims=True) if op == "GlobalAveragePool" else v.x.max(axes, keepdims=True))


# ---- elements ----------------------------------------------------------------------------------

ERF = np.vectorize(math.erf)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def unary(g, v):
    x, a = v.x, float(g.pick(0.1, 0.25, 0.5, 1.5))
    softplus = np.log1p(np.exp(x))
    rows = [("Abs", abs(x), {}), ("Neg", -x, {}), ("Exp", np.exp(x), {}), ("LeakyRelu", np.where(x < 0, a * x, x), {"alpha": a}),
            ("LeakyRelu", np.where(x < 0, 0.01 * x, x), {}), ("Sigmoid", sigmoid(x), {}), ("Tanh", np.tanh(x), {}),
            ("HardSigmoid", np.clip(0.2 * x + 0.5, 0, 1), {}), ("HardSigmoid", np.clip(a * x + 0.25, 0, 1), {"alpha": a, "beta": 0.25}),
            ("Elu", np.where(x < 0, a * (np.exp(x) - 1), x), {"alpha": a}), ("Softplus", softplus, {}), ("Relu", np.maximum(x, 0), {}),
            ("Selu", 1.05070098 * np.where(x > 0, x, 1.67326324 * (np.exp(x) - 1)), {}), ("Softsign", x / (1 + abs(x)), {}),
            ("Selu", 2 * np.where(x > 0, x, a * (np.exp(x) - 1)), {"alpha": a, "gamma": 2.0}), ("Identity", x, {}),
            ("Sqrt", np.sqrt(abs(x)), "abs"), ("Log", np.log(abs(x) + 0.5), "positive"), ("Reciprocal", 1 / (abs(x) + 0.5), "positive"),
            ("Mish", x * np.tanh(softplus), "18"), ("HardSwish", x * np.clip(x / 6 + 0.5, 0, 1), "14"), ("Erf", ERF(x), "9"),
            ("Sin", np.sin(x), {}), ("Cos", np.cos(x), {}), ("Celu", np.maximum(x, 0) + np.minimum(0, a * (np.exp(x / a) - 1)), "celu"), ("Dropout", x, "dropout")]
    op, y, attrs = rows[g.rng.integers(len(rows))]
    if attrs == "abs":
        return g.node(op, [g.node("Abs", [v], abs(x))], y)
    if attrs == "positive":
        one = g.constant(np.float32(0.5))
        return g.node(op, [g.node("Add", [g.node("Abs", [v], abs(x)), one], abs(x) + 0.5)], g.bound(y))
    if attrs == "dropout":
        if g.opset >= 12:
            return g.node(op, [v] + g.pick([], [g.constant(np.float32(0.3), True)]), y)
        return g.node(op, [v], y, **({"ratio": 0.3} if g.opset < 12 else {}))
    if attrs == "celu":
        if g.opset < 12:
            raise Skip
        return g.node(op, [v], y, alpha=a)
    if isinstance(attrs, str):
        if g.opset < int(attrs):
            raise Skip
        attrs = {}
    return g.node(op, [v], g.bound(y), **attrs)


def composed(g, v):
    """Activations as exporters write them."""
    x = v.x
    c = lambda k: g.constant(np.float32(k), True)
    how = g.pick("swish", "hardswish", "gelu", "relu6", "hardsigmoid", "maxleaky", "square", "l2", "softmax", "sub_mean")
    if how == "swish":
        s = g.node("Sigmoid", [v], sigmoid(x))
        return g.node("Mul", g.pick([v, s], [s, v]), x * sigmoid(x))
    if how in ("hardswish", "hardsigmoid"):
        y = np.clip(x + 3, 0, 6)
        t = g.node("Add", [v, c(3)], x + 3)
        t = g.node("Clip", [t, c(0), c(6)], y) if g.opset >= 11 else g.node("Clip", [t], y, min=0.0, max=6.0)
        if how == "hardsigmoid":
            return g.node("Div", [t, c(6)], y / 6)
        if g.chance(0.5):
            return g.node("Div", [g.node("Mul", [v, t], x * y), c(6)], x * y / 6)
        return g.node("Mul", [v, g.node("Div", [t, c(6)], y / 6)], x * y / 6)
    if how == "gelu" and g.opset >= 9:
        t = g.node("Div", [v, c(np.sqrt(2))], x / np.sqrt(2))
        t = g.node("Erf", [t], ERF(t.x))
        t = g.node("Add", [t, c(1)], t.x + 1)
        t = g.node("Mul", [v, t], x * t.x)
        return g.node("Mul", [t, c(0.5)], t.x * 0.5)
    if how == "relu6":
        lo, hi = g.pick((0, 6), (-1, 1), (0, np.inf), (-np.inf, 0.5))
        y = np.clip(x, lo, hi)
        if g.opset < 11:
            return g.node("Clip", [v], y, min=None if lo == -np.inf else float(lo), max=None if hi == np.inf else float(hi))
        return g.node("Clip", [v, "" if lo == -np.inf else c(lo), "" if hi == np.inf else c(hi)], y)
    if how == "maxleaky":
        t = g.node("Mul", [v, c(0.125)], x * 0.125)
        return g.node("Max", g.pick([v, t], [t, v]), np.maximum(x, x * 0.125))
    if how == "square":
        return g.node("Pow", [v, c(2)], g.bound(x * x)) if g.chance(0.5) else g.node("Mul", [v, v], g.bound(x * x))
    if how == "l2" and x.ndim > 1 and g.opset < 18:
        s = (x * x).sum(1, keepdims=True)
        t = g.node("ReduceL2", [v], np.sqrt(s), axes=[1], keepdims=1)
        t = g.node("Add", [t, c(0.25)], t.x + 0.25)
        return g.node("Div", [v, t], x / t.x)
    if how == "sub_mean" and x.ndim > 1 and g.opset < 18:
        axis = int(g.rng.integers(1, x.ndim))
        t = g.node("ReduceMean", [v], x.mean(axis, keepdims=True), axes=[axis], keepdims=1)
        return g.node("Sub", [v, t], x - t.x)
    raise Skip


def broadcastable(g, shape):
    """A shape that goes with `shape`, mostly smaller."""
    out = [s if g.chance(0.5) else 1 for s in shape]
    return out[int(g.rng.integers(0, len(out) + 1)):] if g.chance(0.5) else out


BINARY = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Max": np.maximum, "Min": np.minimum}


def binary(g, v, others=()):
    op = g.pick("Add", "Sub", "Mul", "Div", "Max", "Min", "Pow")
    same = [o for o in others if o.x.size < 4000 and all(a == b or 1 in (a, b) for a, b in zip(o.x.shape[::-1], v.x.shape[::-1]))]
    if op in ("Max", "Min") and g.opset < 8:
        raise Skip
    if same and g.chance(0.6) and op in BINARY:
        o = same[g.rng.integers(len(same))]
        pair = g.pick([v, o], [o, v])
    else:
        shape = g.pick(broadcastable(g, v.x.shape), (), v.x.shape, (1,), (1, 1) + v.x.shape if v.x.ndim < 3 else (1,))
        if op == "Pow":
            e = float(g.pick(2, 3, 1, 0))
            return g.node(op, [v, g.constant(np.full(shape, e))], g.bound(v.x ** e + np.zeros(shape)))
        if op == "Div":
            return division(g, v)
        o = g.constant(g.random(*shape))
        pair = g.pick([v, o], [o, v])
    if op in ("Div", "Pow"):
        raise Skip
    return g.node(op, pair, g.bound(BINARY[op](pair[0].x, pair[1].x)))


def division(g, v):
    k = np.asarray(g.random(*broadcastable(g, v.x.shape)))
    o = g.constant(np.where(abs(k) < 0.5, 0.75, k))
    if g.chance(0.5) and np.abs(v.x).min() > 0.05:
        return g.node("Div", [o, v], g.bound(o.x / v.x))
    return g.node("Div", [v, o], g.bound(v.x / o.x))


def many(g, v, others=()):
    same = [o for o in others if all(a == b or 1 in (a, b) for a, b in zip(o.x.shape[::-1], v.x.shape[::-1]))]
    if g.opset < 8:
        same = [o for o in same if o.x.shape == v.x.shape]
    picked = [v] + [same[g.rng.integers(len(same))] for _ in range(g.rng.integers(0, 3)) if same]
    if g.opset >= 8 and g.chance(0.3):
        picked.append(g.constant(g.random(*broadcastable(g, v.x.shape))))
    g.rng.shuffle(picked)
    op = g.pick("Sum", "Mean", "Max", "Min")
    y = picked[0].x
    for p in picked[1:]:
        y = {"Sum": np.add, "Mean": np.add, "Max": np.maximum, "Min": np.minimum}[op](y, p.x)
    return g.node(op, picked, g.bound(y / (len(picked) if op == "Mean" else 1)))


def prelu(g, v):
    if v.x.ndim < 2:
        raise Skip
    n = v.x.ndim
    shape = g.pick((1,), (v.x.shape[1],) + (1,) * (n - 2), v.x.shape[1:], (1,) * n, (v.x.shape[-1],))
    s = g.constant(g.random(*shape))
    return g.node("PRelu", [v, s], np.where(v.x < 0, v.x * s.x, v.x))


def far_from(g, x, at=0):
    if x.size == 0 or np.abs(x - at).min() < 2e-3:
        raise Skip


def compare(g, v, others=()):
    if g.opset < 9:
        raise Skip
    k = g.constant(g.random(*broadcastable(g, v.x.shape)) + 0.003)
    far_from(g, v.x - k.x)
    op, y = g.pick(("Greater", v.x > k.x), ("Less", v.x < k.x), *([("GreaterOrEqual", v.x >= k.x), ("LessOrEqual", v.x <= k.x)] if g.opset >= 12 else []))
    b = g.node(op, [v, k], y)
    how = g.pick("cast", "where", "where_const", "not")
    if how == "not":
        b = g.node("Not", [b], ~y)
        y = ~y
    if how in ("cast", "not"):
        return g.node("Cast", [b], y.astype(np.float64), to=TensorProto.FLOAT)
    if how == "where":
        o = g.constant(g.random(*broadcastable(g, v.x.shape)))
        pair = g.pick([v, o], [o, v])
        return g.node("Where", [b] + pair, np.where(y, pair[0].x, pair[1].x))
    a, c = g.constant(np.float32(1.5)), g.constant(np.float32(-0.5))
    return g.node("Where", [b, a, c], np.where(y, 1.5, -0.5))


def where_constant(g, v):
    if g.opset < 9:
        raise Skip
    mask = g.rng.random(broadcastable(g, v.x.shape)) < 0.5
    name = g.name("m")
    g.initializers.append(numpy_helper.from_array(np.asarray(mask), name))
    o = g.constant(g.random(*broadcastable(g, v.x.shape)))
    pair = g.pick([v, o], [o, v])
    return g.node("Where", [name] + pair, np.where(mask, pair[0].x, pair[1].x))


def step(g, v):
    op, y = g.pick(("Floor", np.floor(v.x)), ("Ceil", np.ceil(v.x)), ("Round", np.round(v.x)), ("Sign", np.sign(v.x)))
    if (op == "Round" and g.opset < 11) or (op == "Sign" and g.opset < 9):
        raise Skip
    far_from(g, v.x * 2 - np.round(v.x * 2))
    return g.node(op, [v], y)


def threshold(g, v):
    far_from(g, np.abs(v.x), 0.5)
    if g.opset >= 10 and g.chance(0.5):
        return g.node("ThresholdedRelu", [v], np.where(v.x > 0.5, v.x, 0), alpha=0.5)
    if g.opset < 9:
        raise Skip
    return g.node("Shrink", [v], np.where(v.x < -0.5, v.x + 0.25, np.where(v.x > 0.5, v.x - 0.25, 0)), lambd=0.5, bias=0.25)


# ---- channels, products ------------------------------------------------------------------------

def batchnorm(g, v):
    if v.x.ndim < 2 or g.opset < 7:
        raise Skip
    c = v.x.shape[1]
    s, b, m, var = (g.constant(k) for k in (g.random(c) + 1, g.random(c), g.random(c), abs(g.random(c)) + 0.5))
    eps = g.pick(1e-5, 1e-3, 0.1)
    f = lambda k: k.x.reshape((1, -1) + (1,) * (v.x.ndim - 2))
    y = (v.x - f(m)) / np.sqrt(f(var) + eps) * f(s) + f(b)
    return g.node("BatchNormalization", [v, s, b, m, var], g.bound(y), epsilon=None if eps == 1e-5 else eps)


def lrn(g, v):
    if not is_map(v) or v.x.ndim != 4:
        raise Skip
    size, alpha, beta, k = int(g.pick(1, 3, 5, 2, 4)), 0.1, 0.75, float(g.pick(1, 2))
    c = v.x.shape[1]
    y = np.zeros_like(v.x)
    for i in range(c):
        lo, hi = max(0, i - (size - 1) // 2), min(c - 1, i + (size - 1) - (size - 1) // 2)
        y[:, i] = v.x[:, i] / (k + alpha / size * (v.x[:, lo:hi + 1] ** 2).sum(1)) ** beta
    return g.node("LRN", [v], y, size=size, alpha=alpha, beta=beta, bias=k)


def instance_norm(g, v):
    if not is_map(v) or g.opset < 6:
        raise Skip
    c, axes = v.x.shape[1], tuple(range(2, v.x.ndim))
    if v.x[0, 0].size < 3:
        raise Skip
    s, b = g.constant(g.random(c)), g.constant(g.random(c))
    f = lambda k: k.x.reshape((1, -1) + (1,) * (v.x.ndim - 2))
    y = (v.x - v.x.mean(axes, keepdims=True)) / np.sqrt(v.x.var(axes, keepdims=True) + 1e-2) * f(s) + f(b)
    return g.node("InstanceNormalization", [v, s, b], g.bound(y), epsilon=1e-2)


def group_norm(g, v):
    """Factors of groups before opset 21; here through two groups or each channel."""
    if g.opset < 18 or v.x.ndim < 3 or v.x.shape[0] != 1:
        raise Skip
    c = v.x.shape[1]
    groups = factor(g, c)
    if v.x[0].size // groups < 3:
        raise Skip
    s, b = g.constant(g.random(groups)), g.constant(g.random(groups))
    x = v.x.reshape(groups, -1)
    y = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-2) * s.x[:, None] + b.x[:, None]
    return g.node("GroupNormalization", [v, s, b], g.bound(y.reshape(v.x.shape)), num_groups=groups, epsilon=1e-2)


def branch(g, v):
    """An If whose condition is known: one of two graphs that read what is around them."""
    if g.opset < 11:
        raise Skip
    which = g.chance(0.5)
    if g.chance(0.5) and v.x.ndim > 1:
        first = g.node("Gather", [g.node("Shape", [v], np.array(v.x.shape)), g.constant(np.int64(1), True)], np.int64(v.x.shape[1]), axis=0)
        other = v.x.shape[1] if which else v.x.shape[1] + 1
        condition = g.node("Equal", [first, g.constant(np.int64(other), True)], np.array(which))
    else:
        condition = Value(g.name("if"), None)
        g.initializers.append(numpy_helper.from_array(np.array(which), condition.name))
    names = [g.name("b") for _ in range(3)]
    graphs = [helper.make_graph([helper.make_node("Neg", [v.name], [names[0]]), helper.make_node("Abs", [names[0]], [names[1]])], "yes", [],
                                [helper.make_tensor_value_info(names[1], TensorProto.FLOAT, None)]),
              helper.make_graph([helper.make_node("Erf", [v.name], [names[2]])], "no", [],
                                [helper.make_tensor_value_info(names[2], TensorProto.FLOAT, None)])]
    return g.node("If", [condition], abs(v.x) if which else ERF(v.x), then_branch=graphs[0], else_branch=graphs[1])


def layer_norm(g, v):
    if g.opset < 17 or v.x.ndim < 2:
        raise Skip
    axis = int(g.rng.integers(1, v.x.ndim))
    axes = tuple(range(axis, v.x.ndim))
    shape = v.x.shape[axis:]
    s = g.constant(g.random(*shape))
    b = g.constant(g.random(*shape)) if g.chance(0.6) else None
    y = (v.x - v.x.mean(axes, keepdims=True)) / np.sqrt(v.x.var(axes, keepdims=True) + 1e-2) * s.x + (b.x if b else 0)
    return g.node("LayerNormalization", [v, s] + ([b] if b else []), g.bound(y), axis=g.pick(axis, axis - v.x.ndim), epsilon=1e-2)


def softmax(g, v):
    op = g.pick("Softmax", "LogSoftmax", "Hardmax")
    n = v.x.ndim
    axis = int(g.rng.integers(0 if n == 1 else 1, n))
    if g.opset >= 13:
        shape, axes, x = v.x.shape, axis, v.x
    else:
        shape = v.x.shape
        x = v.x.reshape(int(np.prod(shape[:axis])), -1)
        axes = 1
    e = np.exp(x - x.max(axes, keepdims=True))
    y = e / e.sum(axes, keepdims=True)
    if op == "LogSoftmax":
        y = np.log(y)
    if op == "Hardmax":
        top = np.sort(x, axes)
        if x.shape[axes] > 1:
            far_from(g, np.take(top, -1, axes) - np.take(top, -2, axes))
        y = (np.arange(x.shape[axes]).reshape([-1 if i == axes else 1 for i in range(x.ndim)]) == np.expand_dims(x.argmax(axes), axes)) * 1.0
    default = -1 % n if g.opset >= 13 else 1
    attrs = {} if axis == default and g.chance(0.5) else {"axis": g.pick(axis, axis - n) if g.opset >= 11 else axis}
    return g.node(op, [v], y.reshape(shape), **attrs)


def lp_norm(g, v):
    axis = int(g.rng.integers(0 if v.x.ndim == 1 else 1, v.x.ndim))
    p = g.pick(1, 2)
    d = abs(v.x).sum(axis, keepdims=True) if p == 1 else np.sqrt((v.x ** 2).sum(axis, keepdims=True))
    far_from(g, d)
    return g.node("LpNormalization", [v], g.bound(v.x / d), axis=axis, p=p)


def mvn(g, v):
    if v.x.ndim != 4 or g.opset < 9:
        raise Skip
    axes = g.pick([2, 3], [1, 2, 3], [1], [0, 2, 3], [1, 3], [0, 1, -1])
    sd = v.x.std(tuple(axes), keepdims=True)
    far_from(g, sd)
    return g.node("MeanVarianceNormalization", [v], g.bound((v.x - v.x.mean(tuple(axes), keepdims=True)) / (sd + 1e-9)), axes=axes)


def gemm(g, v):
    if v.x.ndim != 2:
        raise Skip
    trans_b, n = int(g.chance(0.5)), int(g.rng.integers(1, 9))
    k = v.x.shape[1]
    w = g.constant(g.random(n, k) * 0.4 if trans_b else g.random(k, n) * 0.4)
    alpha, beta = g.pick(1.0, 0.5), g.pick(1.0, 2.0)
    y = alpha * (v.x @ (w.x.T if trans_b else w.x))
    attrs = {"transB": trans_b if trans_b or g.chance(0.5) else None, "alpha": alpha if alpha != 1 else None,
             "beta": beta if beta != 1 else None}
    inputs = [v, w]
    if g.opset < 11 or g.chance(0.7):
        c = g.constant(g.random(*g.pick((n,), (1, n), (1,), (1, 1), (v.x.shape[0], n), (v.x.shape[0], 1))))
        inputs.append(c)
        y = y + beta * c.x
    return g.node("Gemm", inputs, g.bound(y), **attrs)


def matmul(g, v, others=()):
    if v.x.ndim < 2:
        raise Skip
    k, n = v.x.shape[-1], int(g.rng.integers(1, 7))
    how = g.pick("weights", "weights", "stack", "left", "vector", "own")
    if how == "weights":
        w = g.constant(g.random(k, n) * 0.4)
        return g.node("MatMul", [v, w], g.bound(v.x @ w.x))
    if how == "stack":
        w = g.constant(g.random(*(v.x.shape[:-2] + (k, n))) * 0.4)
        return g.node("MatMul", [v, w], g.bound(v.x @ w.x))
    if how == "left":
        w = g.constant(g.random(n, v.x.shape[-2]) * 0.4)
        return g.node("MatMul", [w, v], g.bound(w.x @ v.x))
    if how == "vector":
        w = g.constant(g.random(k) * 0.4)
        return g.node("MatMul", [v, w], g.bound(v.x @ w.x))
    perm = list(range(v.x.ndim))
    perm[-1], perm[-2] = perm[-2], perm[-1]
    t = g.node("Transpose", [v], v.x.transpose(perm), perm=perm)
    pair = g.pick([v, t], [t, v])
    return g.node("MatMul", pair, g.bound(pair[0].x @ pair[1].x))


REDUCE = {"ReduceSum": np.sum, "ReduceMean": np.mean, "ReduceMax": np.max, "ReduceMin": np.min, "ReduceProd": np.prod,
          "ReduceL1": lambda x, a, keepdims: abs(x).sum(a, keepdims=keepdims),
          "ReduceL2": lambda x, a, keepdims: np.sqrt((x * x).sum(a, keepdims=keepdims)),
          "ReduceSumSquare": lambda x, a, keepdims: (x * x).sum(a, keepdims=keepdims),
          "ReduceLogSumExp": lambda x, a, keepdims: np.log(np.exp(x).sum(a, keepdims=keepdims))}


def reduce(g, v):
    n = v.x.ndim
    op = g.pick(*REDUCE)
    pool_ = list(range(1, n)) if n > 1 else [0]
    axes = sorted(int(a) for a in g.rng.choice(pool_, size=int(g.rng.integers(1, len(pool_) + 1)), replace=False))
    keep = int(g.chance(0.6))
    y = REDUCE[op](v.x, tuple(axes), keepdims=bool(keep))
    stated = [a - n if g.opset >= 11 and g.chance(0.4) else a for a in axes]
    attrs = {} if keep and g.chance(0.5) else {"keepdims": keep}
    inputs = [v]
    if g.opset >= 18 or (op == "ReduceSum" and g.opset >= 13):
        inputs.append(g.ints(stated))
    else:
        attrs["axes"] = stated
    return g.node(op, inputs, g.bound(np.asarray(y)), **attrs)


def arg(g, v):
    n = v.x.ndim
    axis = int(g.rng.integers(1 if n > 1 else 0, n))
    if v.x.shape[axis] > 1:
        top = np.sort(v.x, axis)
        far_from(g, np.diff(top, axis=axis))
    keep, is_max = int(g.chance(0.5)), g.chance(0.5)
    y = (v.x.argmax(axis) if is_max else v.x.argmin(axis)).astype(np.float64)
    return g.node("ArgMax" if is_max else "ArgMin", [v], np.expand_dims(y, axis) if keep else y, axis=g.pick(axis, axis - n) if g.opset >= 11 else axis,
                  keepdims=keep)


def top_k(g, v):
    axis = v.x.ndim - 1
    if axis == 0 or g.opset < 11:
        raise Skip
    far_from(g, np.diff(np.sort(v.x, axis), axis=axis)) if v.x.shape[axis] > 1 else None
    k = int(g.rng.integers(1, v.x.shape[axis] + 1))
    y = -np.sort(-v.x, axis)[..., :k]
    a, _ = g.node("TopK", [v, g.ints([k])], [y, np.argsort(-v.x, axis)[..., :k]], n=2, axis=g.pick(-1, axis))
    return a


# ---- elements moved ----------------------------------------------------------------------------

def transpose(g, v):
    n = v.x.ndim
    if n < 2:
        raise Skip
    rest = [int(k) + 1 for k in g.rng.permutation(n - 1)]
    perm = [0] + rest if g.chance(0.9) else [int(k) for k in g.rng.permutation(n)]
    return g.node("Transpose", [v], v.x.transpose(perm), perm=perm)


def factor(g, n):
    return g.pick(*[k for k in range(1, n + 1) if n % k == 0])


def reshape(g, v):
    total, shape = v.x.size, [1]
    if v.x.shape[0] != 1:
        raise Skip
    for _ in range(int(g.rng.integers(0, 4))):
        k = factor(g, total)
        shape.append(int(k))
        total //= k
    shape.append(total)
    y = v.x.reshape(shape)
    stated = list(shape)
    if g.chance(0.5):
        stated[g.rng.integers(len(stated))] = -1
    for i, s in enumerate(stated):
        if i < v.x.ndim and v.x.shape[i] == s and g.chance(0.3):
            stated[i] = 0
    how = g.pick("const", "const", "shape")
    if how == "shape" and v.x.ndim >= 2 and stated.count(-1) == 1 and len(stated) == 2 and stated[0] != -1:
        s = g.node("Shape", [v], np.array(v.x.shape))
        first = g.node("Gather", [s, g.constant(np.int64(0), True)], np.int64(1), axis=0)
        if g.opset < 13:
            u = g.node("Unsqueeze", [first], np.array([1]), axes=[0])
        else:
            u = g.node("Unsqueeze", [first, g.ints([0])], np.array([1]))
        c = g.node("Concat", [u, g.ints([-1])], np.array([1, -1]), axis=0)
        return g.node("Reshape", [v, c], v.x.reshape(1, -1))
    return g.node("Reshape", [v, g.ints(stated)], y)


def flatten(g, v):
    n = v.x.ndim
    if v.x.shape[0] != 1:
        raise Skip
    axis = int(g.rng.integers(0, n + 1))
    y = v.x.reshape(int(np.prod(v.x.shape[:axis])), -1)
    attrs = {} if axis == 1 and g.chance(0.6) else {"axis": g.pick(axis, axis - n) if g.opset >= 11 and axis < n else axis}
    return g.node("Flatten", [v], y, **attrs)


def squeeze(g, v):
    ones = [i for i in range(1, v.x.ndim) if v.x.shape[i] == 1]
    if not ones:
        raise Skip
    axes = [int(a) for a in g.rng.choice(ones, size=int(g.rng.integers(1, len(ones) + 1)), replace=False)]
    y = v.x.squeeze(tuple(axes))
    stated = [a - v.x.ndim if g.opset >= 11 and g.chance(0.4) else a for a in axes]
    return g.node("Squeeze", [v, g.ints(stated)], y) if g.opset >= 13 else g.node("Squeeze", [v], y, axes=stated)


def unsqueeze(g, v):
    n = v.x.ndim + 1
    if n > 6:
        raise Skip
    axis = int(g.rng.integers(1, n))
    y = np.expand_dims(v.x, axis)
    stated = [axis - n if g.opset >= 11 and g.chance(0.4) else axis]
    return g.node("Unsqueeze", [v, g.ints(stated)], y) if g.opset >= 13 else g.node("Unsqueeze", [v], y, axes=stated)


def concat(g, v, others=()):
    n = v.x.ndim
    axis = int(g.rng.integers(1 if n > 1 else 0, n))
    fits = [o for o in others if o.x.ndim == n and all(a == b for i, (a, b) in enumerate(zip(o.x.shape, v.x.shape)) if i != axis)]
    parts = [v] + [fits[g.rng.integers(len(fits))] for _ in range(int(g.rng.integers(0, 3))) if fits]
    if g.chance(0.4):
        shape = list(v.x.shape)
        shape[axis] = int(g.rng.integers(1, 4))
        parts.append(g.constant(g.random(*shape)))
    g.rng.shuffle(parts)
    return g.node("Concat", parts, g.bound(np.concatenate([p.x for p in parts], axis)), axis=g.pick(axis, axis - n) if g.opset >= 11 else axis)


def split(g, v):
    n = v.x.ndim
    axis = int(g.rng.integers(1 if n > 1 else 0, n))
    size = v.x.shape[axis]
    if size < 2:
        raise Skip
    parts = int(g.rng.integers(2, min(size, 4) + 1))
    cuts = sorted(int(c) for c in g.rng.choice(np.arange(1, size), parts - 1, replace=False))
    sizes = [b - a for a, b in zip([0] + cuts, cuts + [size])]
    inputs, attrs = [v], {"axis": g.pick(axis, axis - n) if g.opset >= 11 else axis}
    if size % parts == 0 and g.chance(0.4):
        sizes = [size // parts] * parts
        if g.opset >= 18:
            attrs["num_outputs"] = parts
    elif g.opset >= 13:
        inputs.append(g.ints(sizes))
    else:
        attrs["split"] = sizes
    outs = g.node("Split", inputs, np.split(v.x, np.cumsum(sizes)[:-1], axis), n=parts, **attrs)
    keep = outs[g.rng.integers(len(outs))]
    return [keep, outs[0]]


def slicing(g, v):
    n = v.x.ndim
    count = int(g.rng.integers(1, n + 1))
    axes = [int(a) for a in g.rng.choice(range(1, n) if n > 1 else [0], min(count, max(n - 1, 1)), replace=False)]
    index = [slice(None)] * n
    starts, ends, steps = [], [], []
    for a in axes:
        size = v.x.shape[a]
        s = int(g.rng.integers(0, size))
        e = int(g.rng.integers(s + 1, size + 1))
        step_ = int(g.pick(1, 1, 2)) if g.opset >= 10 else 1
        if g.opset >= 10 and g.chance(0.2):
            index[a] = slice(size - 1 - s, None if size - 1 - e < 0 else size - 1 - e, -step_)
            starts.append(size - 1 - s)
            ends.append(size - 1 - e if size - 1 - e >= 0 else -size - 1)
            steps.append(-step_)
            continue
        index[a] = slice(s, e, step_)
        starts.append(s - size if g.chance(0.3) else s)
        ends.append(g.pick(2 ** 31 - 1, 2 ** 63 - 1, e) if e == size else e - size if g.chance(0.3) else e)
        steps.append(step_)
    y = v.x[tuple(index)]
    if g.opset < 10:
        return g.node("Slice", [v], y, starts=starts, ends=ends, axes=axes)
    inputs = [v, g.ints(starts), g.ints(ends), g.ints([a - n if g.chance(0.3) else a for a in axes])]
    if steps != [1] * len(axes) or g.chance(0.4):
        inputs.append(g.ints(steps))
    return g.node("Slice", inputs, y)


def gather(g, v):
    n = v.x.ndim
    axis = int(g.rng.integers(1 if n > 1 else 0, n))
    size = v.x.shape[axis]
    shape = g.pick((), (int(g.rng.integers(1, 5)),), (2, 2), (1,))
    if n + len(shape) - 1 > 6:
        raise Skip
    index = g.rng.integers(-size if g.opset >= 11 else 0, size, shape)
    i = g.constant(np.asarray(index, np.int64))
    return g.node("Gather", [v, i], g.bound(np.take(v.x, index, axis)), axis=g.pick(axis, axis - n) if g.opset >= 11 else axis)


def padding(g, v):
    n = v.x.ndim
    mode = g.pick("constant", "constant", "edge", "reflect")
    pads = [[0, 0] for _ in range(n)]
    for i in range(max(1, n - 2) if n > 2 and g.chance(0.7) else (1 if n > 1 else 0), n):
        most = v.x.shape[i] - 1 if mode == "reflect" else 3
        pads[i] = [int(k) for k in g.rng.integers(0, min(most, 3) + 1, 2)]
        if g.chance(0.1) and v.x.shape[i] > 2:
            pads[i][0] = -1
    value = float(g.pick(0, 0, 1.5))
    x = v.x[tuple(slice(max(0, -p[0]), v.x.shape[i] - max(0, -p[1])) for i, p in enumerate(pads))]
    kw = {"constant_values": value} if mode == "constant" else {}
    if mode == "reflect" and any(p[0] < 0 for p in pads):
        raise Skip
    y = np.pad(x, [(max(p[0], 0), max(p[1], 0)) for p in pads], mode=mode, **kw)
    stated = [p[0] for p in pads] + [p[1] for p in pads]
    attrs = {} if mode == "constant" and g.chance(0.5) else {"mode": mode}
    if g.opset < 11:
        if mode == "constant" and (value != 0 or g.chance(0.3)):
            attrs["value"] = value
        return g.node("Pad", [v], g.bound(y), pads=stated, **attrs)
    inputs = [v, g.ints(stated)]
    if mode == "constant" and (value != 0 or g.chance(0.3)):
        inputs.append(g.constant(np.float32(value)))
    return g.node("Pad", inputs, g.bound(y), **attrs)


def expand(g, v):
    if g.opset < 8 or v.x.ndim > 5:
        raise Skip
    shape = [int(g.pick(2, 3)) if s == 1 and i > 0 and g.chance(0.6) else s for i, s in enumerate(v.x.shape)]
    y = np.broadcast_to(v.x, shape)
    stated = [1 if s == a and g.chance(0.3) else s for s, a in zip(shape, v.x.shape)]
    return g.node("Expand", [v, g.ints(stated)], g.bound(y))


def tile(g, v):
    if g.opset < 6:
        raise Skip
    reps = [1] + [int(g.pick(1, 1, 2)) for _ in v.x.shape[1:]]
    return g.node("Tile", [v, g.ints(reps)], g.bound(np.tile(v.x, reps)))


def blocks(g, v):
    if v.x.ndim != 4:
        raise Skip
    n, c, h, w = v.x.shape
    if g.chance(0.5):
        if c % 4:
            raise Skip
        mode = g.pick("DCR", "CRD", None) if g.opset >= 11 else None
        if mode == "CRD":
            y = v.x.reshape(n, c // 4, 2, 2, h, w).transpose(0, 1, 4, 2, 5, 3)
        else:
            y = v.x.reshape(n, 2, 2, c // 4, h, w).transpose(0, 3, 4, 1, 5, 2)
        return g.node("DepthToSpace", [v], y.reshape(n, c // 4, h * 2, w * 2), blocksize=2, mode=mode)
    if h % 2 or w % 2:
        raise Skip
    y = v.x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 3, 5, 1, 2, 4).reshape(n, 4 * c, h // 2, w // 2)
    return g.node("SpaceToDepth", [v], y, blocksize=2)


def shuffle(g, v):
    if v.x.ndim != 4 or v.x.shape[0] != 1:
        raise Skip
    _, c, h, w = v.x.shape
    k = factor(g, c)
    y = v.x.reshape(1, k, c // k, h, w)
    a = g.node("Reshape", [v, g.ints([1, k, c // k, h, w])], y)
    b = g.node("Transpose", [a], y.transpose(0, 2, 1, 3, 4), perm=[0, 2, 1, 3, 4])
    return g.node("Reshape", [b, g.ints(g.pick([1, c, h, w], [-1, c, h, w], [1, -1, h, w]))], b.x.reshape(1, c, h, w))


def nhwc(g, v):
    """A channels-last piece: there, something, and back."""
    if v.x.ndim != 4:
        raise Skip
    t = g.node("Transpose", [v], v.x.transpose(0, 2, 3, 1), perm=[0, 2, 3, 1])
    how = g.pick("add", "relu", "conv", "mul", "pad", "mean")
    if how == "add":
        b = g.constant(g.random(v.x.shape[1]))
        t = g.node("Add", [t, b], t.x + b.x)
    elif how == "mul":
        b = g.constant(g.random(1, 1, 1, v.x.shape[1]))
        t = g.node("Mul", [t, b], t.x * b.x)
    elif how == "relu":
        t = g.node("Relu", [t], np.maximum(t.x, 0))
    elif how == "mean" and g.opset < 18:
        return g.node("ReduceMean", [t], t.x.mean((1, 2)), axes=[1, 2], keepdims=0)
    elif how == "pad" and g.opset >= 11:
        t = g.node("Pad", [t, g.ints([0, 1, 1, 0, 0, 1, 1, 0])], np.pad(t.x, ((0, 0), (1, 1), (1, 1), (0, 0))))
    return g.node("Transpose", [t], t.x.transpose(0, 3, 1, 2), perm=[0, 3, 1, 2])


# ---- resizing ----------------------------------------------------------------------------------

def place(rule, o, scale, n_in, n_out):
    if rule == "asymmetric":
        return o / scale
    if rule == "align_corners":
        return o * (n_in - 1) / (n_out - 1) if n_out > 1 else 0.0
    if rule == "pytorch_half_pixel":
        return (o + 0.5) / scale - 0.5 if n_out > 1 else 0.0
    return (o + 0.5) / scale - 0.5


def resize_axis(g, x, axis, scale, n_out, rule, mode, near, a, exclude):
    n = x.shape[axis]
    rows = []
    for o in range(n_out):
        p = place(rule, o, scale, n, n_out)
        if mode == "nearest":
            q = p + (1e-9 if near in ("floor",) else 0)
            if abs(p - round(p)) < 1e-6:
                q = round(p)
            elif abs(p * 2 - round(p * 2)) < 1e-6 and near.startswith("round"):
                q = math.floor(p) if near == "round_prefer_floor" else math.ceil(p)
            else:
                q = {"floor": math.floor, "ceil": math.ceil}.get(near, round)(p)
            rows.append(np.take(x, min(max(int(q), 0), n - 1), axis))
            continue
        f = math.floor(p)
        ks = [f, f + 1] if mode == "linear" else [f - 1, f, f + 1, f + 2]
        ws = []
        for k in ks:
            t = abs(p - k)
            if mode == "linear":
                ws.append(max(0, 1 - t))
            else:
                ws.append((a + 2) * t ** 3 - (a + 3) * t ** 2 + 1 if t <= 1 else a * t ** 3 - 5 * a * t ** 2 + 8 * a * t - 4 * a if t < 2 else 0)
        if exclude:
            ws = [w if 0 <= k < n else 0 for w, k in zip(ws, ks)]
            ws = [w / sum(ws) for w in ws]
        rows.append(sum(w * np.take(x, min(max(k, 0), n - 1), axis) for w, k in zip(ws, ks)))
    return np.stack(rows, axis)


def resize(g, v):
    if not is_map(v) or g.opset < 9:
        raise Skip
    n = v.x.ndim
    mode = g.pick("nearest", "linear", "cubic") if g.opset >= 11 and n == 4 else g.pick("nearest", "linear") if n == 4 else "nearest"
    rule = g.pick("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel") if g.opset >= 11 else "asymmetric"
    near = g.pick("round_prefer_floor", "round_prefer_ceil", "floor", "ceil") if g.opset >= 11 else "floor"
    a, exclude = -0.75, False
    use_sizes = g.opset >= 11 and g.chance(0.5)
    scales, sizes = [1.0, 1.0], list(v.x.shape[:2])
    for s in v.x.shape[2:]:
        if use_sizes:
            o = int(g.rng.integers(1, 2 * s + 2))
            sizes.append(o)
            scales.append(o / s)
        else:
            k = float(g.pick(2, 2, 1, 3, 0.5, 1.5))
            if rule == "align_corners" and k * s != int(k * s):
                raise Skip
            scales.append(k)
            sizes.append(int(math.floor(s * k)))
    if min(sizes) < 1:
        raise Skip
    attrs = {"mode": mode}
    if mode == "cubic":
        if g.chance(0.5):
            attrs["cubic_coeff_a"] = a = -0.5
        if g.chance(0.4):
            attrs["exclude_outside"] = 1
            exclude = True
    if g.opset >= 11:
        if rule != "half_pixel" or g.chance(0.5):
            attrs["coordinate_transformation_mode"] = rule
        if mode == "nearest" and (near != "round_prefer_floor" or g.chance(0.5)):
            attrs["nearest_mode"] = near
    y = v.x
    for d in range(2, n):
        y = resize_axis(g, y, d, scales[d], sizes[d], rule, mode, near, a, exclude)
    g.bound(y)
    if g.opset == 9:
        return g.node("Upsample", [v, g.constant(np.array(scales, np.float32))], y, mode=mode)
    if g.opset == 10:
        return g.node("Resize", [v, g.constant(np.array(scales, np.float32))], y, mode=mode)
    roi = "" if g.opset >= 13 or g.chance(0.5) else g.constant(np.zeros(0, np.float32), True)
    if g.opset < 13 and roi == "":
        roi = g.constant(np.zeros(0, np.float32), True)
    if use_sizes:
        empty = "" if g.opset >= 13 else g.constant(np.zeros(0, np.float32), True)
        return g.node("Resize", [v, roi, empty, g.ints(sizes)], y, **attrs)
    return g.node("Resize", [v, roi, Value(g.constant(np.array(scales, np.float32), True).name, None)], y, **attrs)


# ---- quantised ---------------------------------------------------------------------------------

def round_half_even(x):
    return np.round(x)


def qdq(g, v):
    """Values on the steps of a scale: activations per tensor, weights per channel."""
    if g.opset < 10:
        raise Skip
    unsigned = g.chance(0.5)
    scale = float(g.pick(0.05, 0.0713, 0.0321))
    zero = int(g.pick(0, 3, 128) if unsigned else g.pick(0, -5, 0))
    lo, hi = (0, 255) if unsigned else (-128, 127)
    q = v.x / np.float64(np.float32(scale))
    far_from(g, q - np.floor(q), 0.5)
    codes = np.clip(round_half_even(q) + zero, lo, hi)
    s = g.constant(np.float32(scale), True)
    name = g.name("z")
    g.initializers.append(numpy_helper.from_array(np.array(zero, np.uint8 if unsigned else np.int8), name))
    a = g.node("QuantizeLinear", [v, s, name], codes)
    return g.node("DequantizeLinear", [a, s, name], (codes - zero) * np.float64(np.float32(scale)))


def qconv(g, v):
    """QDQ convolution with per channel int8 weights."""
    if not is_map(v) or v.x.ndim != 4 or g.opset < 13:
        raise Skip
    x = qdq(g, v)
    c = x.x.shape[1]
    oc = int(g.rng.integers(1, 5))
    kernel, strides, dilations, pads, outs, attrs = window(g, x.x.shape[2:])
    w = g.rng.integers(-127, 128, (oc, c, *kernel)).astype(np.int8)
    scales = (np.abs(g.random(oc)) * 0.002 + 0.001).astype(np.float32)
    wn, zn = g.name("w"), g.name("z")
    g.initializers.append(numpy_helper.from_array(w, wn))
    g.initializers.append(numpy_helper.from_array(np.zeros(oc, np.int8), zn))
    s = g.constant(scales, True)
    real = w * scales.astype(np.float64).reshape(-1, 1, 1, 1)
    d = g.node("DequantizeLinear", [wn, s, zn], real, axis=0)
    b = g.constant(g.random(oc), True) if g.chance(0.5) else None
    y = conv_values(x.x, real, b.x if b else None, 1, kernel, strides, dilations, pads, outs)
    r = g.node("Conv", [x, d] + ([b] if b else []), g.bound(y), **attrs)
    if g.chance(0.3):
        r = g.node("Relu", [r], np.maximum(r.x, 0))
    return qdq(g, r)


def qlinear_conv(g, v):
    if not is_map(v) or v.x.ndim != 4 or g.opset < 10:
        raise Skip
    xs, ys, xz, yz = 0.0625, 0.125, int(g.pick(128, 0, 100)), int(g.pick(128, 10))
    xs = float(np.float32(0.0637))
    q = v.x / xs
    far_from(g, q - np.floor(q), 0.5)
    codes = np.clip(round_half_even(q) + xz, 0, 255)
    u8 = lambda k: np.array(k, np.uint8)

    def init(x):
        name = g.name("q")
        g.initializers.append(numpy_helper.from_array(np.asarray(x), name))
        return name
    xsn, xzn, ysn, yzn = init(np.float32(xs)), init(u8(xz)), init(np.float32(ys)), init(u8(yz))
    a = g.node("QuantizeLinear", [v, xsn, xzn], codes)
    c = v.x.shape[1]
    oc = int(g.rng.integers(1, 5))
    kernel, strides, dilations, pads, outs, attrs = window(g, v.x.shape[2:])
    w_unsigned = g.chance(0.3)
    w = g.rng.integers(0, 256, (oc, c, *kernel)).astype(np.uint8) if w_unsigned else g.rng.integers(-128, 128, (oc, c, *kernel)).astype(np.int8)
    wz = int(g.pick(128, 120)) if w_unsigned else int(g.pick(0, 0, 3))
    per_channel = g.chance(0.5) and not w_unsigned
    ws = (np.abs(g.random(oc)) * 0.004 + 0.002).astype(np.float32) if per_channel else np.float32(0.004)
    wzn = init(np.full(oc, wz, w.dtype) if per_channel else np.array(wz, w.dtype))
    bias = g.rng.integers(-500, 500, oc).astype(np.int32) if g.chance(0.5) else None
    acc = conv_values(codes - xz, w.astype(np.float64) - wz, bias.astype(np.float64) if bias is not None else None, 1, kernel, strides,
                      dilations, pads, outs)
    real = acc * xs * np.asarray(ws, np.float64).reshape((-1, 1, 1) if per_channel else ()) / ys
    far_from(g, real - np.floor(real), 0.5)
    out = np.clip(round_half_even(real) + yz, 0, 255)
    r = g.node("QLinearConv", [a, xsn, xzn, init(w), init(ws), wzn, ysn, yzn] + ([init(bias)] if bias is not None else []), out, **attrs)
    return g.node("DequantizeLinear", [r, ysn, yzn], (out - yz) * ys)


OPS = [conv, conv, conv, conv_transpose, pool, pool, lp_pool, global_pool, unary, unary, unary, composed, composed, binary, division, many, prelu, compare,
       where_constant, step, threshold, batchnorm, lrn, instance_norm, group_norm, layer_norm, branch, softmax, lp_norm, mvn, gemm, gemm, matmul, reduce, reduce, arg,
       top_k, transpose, reshape, flatten, squeeze, unsqueeze, concat, split, slicing, gather, padding, expand, tile, blocks, shuffle, nhwc, resize,
       resize, qdq, qconv, qlinear_conv]
ENDS = {arg}
WITH_OTHERS = {binary, many, compare, matmul, concat}


def draw(seed, size, only):
    rng = np.random.default_rng(seed)
    opset = int(rng.choice([7, 9, 10, 11, 12, 13, 14, 15, 17, 18]))
    g = Graph(rng, opset)
    shape = g.pick((1, 3, 8, 8), (1, 4, 6, 10), (1, 8, 7, 5), (1, 3, 12, 12), (1, 6, 9), (1, 20), (1, 5, 6), (1, 2, 3, 4, 5), (1, 16, 4, 4), (1, 12, 5, 6))
    if only in ("gemm",):
        shape = (1, 20)
    x = g.random(*shape)
    values = [Value("x", x)]
    ops = [o for o in OPS if not only or o.__name__ == only]
    made, tries = 0, 0
    while made < size and tries < 60 * size:
        tries += 1
        op = ops[g.rng.integers(len(ops))]
        v = values[-1] if g.chance(0.75) else values[g.rng.integers(len(values))]
        marks = len(g.nodes), len(g.initializers), len(g.inputs)
        try:
            y = op(g, v, values) if op in WITH_OTHERS else op(g, v)
            new = y if isinstance(y, list) else [y]
            for k in new:
                g.bound(k.x, 60)
        except (Skip, ValueError, IndexError):  # does not go with these shapes
            del g.nodes[marks[0]:], g.initializers[marks[1]:], g.inputs[marks[2]:]
            continue
        values += new
        made += 1
        if op in ENDS:
            break
    if made == 0:
        return None
    outs = [values[-1]]
    if g.chance(0.25) and len(values) > 2 and values[-2].name != values[-1].name:
        outs.append(values[-2])
    dims = list(shape)
    if g.chance(0.3):
        dims[0] = g.pick("N", "batch_size", "unk__1")
    info = [helper.make_tensor_value_info("x", TensorProto.FLOAT, dims)] + g.inputs
    graph = helper.make_graph(g.nodes, f"seed{seed}", info,
                              [helper.make_tensor_value_info(o.name, TensorProto.FLOAT, None) for o in outs], g.initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 8
    return g, x, outs, model


MORE = []  # options of the command line


def design_of(rng):
    """Lines of a design file."""
    kind = rng.choice(["tiled", "tiled", "tiled", "direct"]) if not MORE else "tiled"
    lines = ["network: {}", "accelerator:", f"  kind: {kind}", f"  fusion: {rng.choice(['none', 'lf1', 'lf2'] + ['fire', 'auto'] * (kind == 'tiled'))}"]
    if kind == "tiled":
        lines.append(f"  loop_order: {rng.choice(['output_stationary', 'weight_stationary', 'input_stationary'])}")
        lines.append("  tile: {oc: %d, ic: %d, oy: %d, ox: %d}" % (rng.choice([1, 3, 8, 32]), rng.choice([1, 2, 5, 16]),
                                                                  rng.choice([1, 2, 5, 14]), rng.choice([1, 3, 7, 14])))
        lines.append("  unroll: {oc: %d, ic: %d}" % (rng.choice([1, 2, 8]), rng.choice([1, 4])))
    return "\n".join(lines) + "\n"


def run_exact(job):
    exe, precision, seed, size, only = job
    drawn = draw(seed, size, only)
    if drawn is None:
        return seed, "none", "", {}
    g, x, outs, model = drawn
    rng = np.random.default_rng(seed + 10 ** 6)
    with tempfile.TemporaryDirectory() as d:
        with open(d + "/m.onnx", "wb") as f:
            f.write(model.SerializeToString())
        np.save(d + "/x.npy", x.astype(np.float32))
        results = []
        for k in range(4):
            with open(d + "/design.yaml", "w") as f:
                f.write(design_of(rng) if k else 'layers: {"*": {on: cpu}}\n')
            r = subprocess.run([exe, "run", d + "/design.yaml", "--model", d + "/m.onnx", "--input", d + "/x.npy", "--fidelity", "bound",
                                "--set", "accelerator.precision=" + precision, "--out", d + "/o"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", timeout=120, check=False)
            if r.returncode not in (0, 1):
                return (seed, "refused" if r.returncode == 2 else "CRASH", r.stderr.strip().split("\n")[-1].replace(d + "/", "")[:230],
                        g.used)
            results.append([])
            for i, o in enumerate(outs):
                with open(d + ("/o/output.npy" if i == 0 else f"/o/output-{o.name}.npy"), "rb") as f:
                    results[-1].append(f.read())
            if results[-1] != results[0]:
                with open(d + "/design.yaml", encoding="utf-8") as f:
                    return seed, "WRONG", "not the bytes of the PS: " + " ".join(f.read().split()), g.used
    return seed, "pass", "", g.used


def run(job):
    exe, design, seed, size, only, plain, keep = job
    try:
        drawn = draw(seed, size, only)
    except Exception as e:  # a fault of this script
        return seed, "SCRIPT", f"{type(e).__name__}: {e}", {}
    if drawn is None:
        return seed, "none", "", {}
    g, x, outs, model = drawn
    with tempfile.TemporaryDirectory() as d:
        if keep:
            d = keep
        with open(d + "/m.onnx", "wb") as f:
            f.write(model.SerializeToString())
        np.save(d + "/x.npy", x.astype(np.float32))
        if not plain:
            design = d + "/design.yaml"
            with open(design, "w") as f:
                f.write(design_of(np.random.default_rng(seed + 10 ** 6)))
        command = [exe, "run", design, "--model", d + "/m.onnx", "--input", d + "/x.npy", "--fidelity", "bound", "--out", d + "/o"] + MORE
        try:
            r = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", timeout=120, check=False)
        except subprocess.TimeoutExpired:
            return seed, "CRASH", "no answer", g.used
        if r.returncode == 2:
            return seed, "refused", r.stderr.strip().split("\n")[-1].replace(d + "/", "")[:230], g.used
        if r.returncode not in (0, 1) or not os.path.exists(d + "/o/output.npy"):
            return seed, "CRASH", r.stderr.strip()[-230:], g.used
        for k, o in enumerate(outs):
            got = np.load(d + ("/o/output.npy" if k == 0 else f"/o/output-{o.name}.npy"))
            want = np.asarray(o.x, np.float64)
            ops = "+".join(n.op_type for n in g.nodes if n.op_type != "Constant")
            if got.shape != want.shape:
                return seed, "WRONG", f"output {k}: shape {got.shape} for {want.shape}: {ops}", g.used
            error = np.abs(got - want).max() if got.size else 0
            if not error <= 3e-4 * max(1, np.abs(want).max()):
                return seed, "WRONG", f"output {k}: by {error:g} of {np.abs(want).max():g}: opset {g.opset} {ops}", g.used
    return seed, "pass", "", g.used


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("exe")
    parser.add_argument("design")
    parser.add_argument("--seeds", default="0:100")
    parser.add_argument("--size", type=int, default=6)
    parser.add_argument("--only", default="")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--keep", default="")
    parser.add_argument("--precision", default="")
    parser.add_argument("--exact", default="")
    args = parser.parse_args()
    if args.precision:
        MORE.extend(["--set", "accelerator.precision=" + args.precision])
    first, last = (int(s) for s in args.seeds.split(":"))
    jobs = [(args.exe, args.design, s, args.size, args.only, args.plain, args.keep) for s in range(first, last)]
    used = collections.Counter()
    if args.exact:
        jobs = [(args.exe, args.exact) + job[2:5] for job in jobs]
    with multiprocessing.Pool(2) as pool_:
        results = pool_.map(run_exact if args.exact else run, jobs, chunksize=4)
    for seed, verdict, why, ops in sorted(results, key=lambda r: (r[1], r[2])):
        used.update(ops)
        if verdict not in ("pass", "none"):
            print(f"{verdict:8} {seed:6} {why}")
    count = collections.Counter(r[1] for r in results)
    print(", ".join(f"{n} {v}" for v, n in sorted(count.items())), f"; {len(used)} operators, {sum(used.values())} nodes")
    sys.exit(1 if count["WRONG"] + count["CRASH"] + count["SCRIPT"] else 0)


if __name__ == "__main__":
    main()
