#!/usr/bin/python3
"""onnx_backend.py ZYNQSIM DESIGN.yaml [--every N] [FOLDER]: tests of ONNX's own backend suite with operators of CNNs as runs.

Node tests come from the package onnx, further cases from FOLDER. The first input stays one, others become constants, as weights
are. Prints each case that does not pass with the reason; ends with 1 when a value is wrong or the program crashes."""
import argparse
import collections
import glob
import multiprocessing
import os
import subprocess
import sys
import tempfile

from onnx_here import np, numpy_helper, onnx
from onnx.backend.test.case.node import collect_testcases

OPERATORS = set("""
Abs Add ArgMax ArgMin AveragePool BatchNormalization Cast Ceil Celu Clip Concat Constant Conv ConvInteger ConvTranspose DepthToSpace
DequantizeLinear Div Dropout DynamicQuantizeLinear Elu Equal Erf Exp Expand Flatten Floor Gather Gemm GlobalAveragePool GlobalLpPool
GlobalMaxPool Greater GreaterOrEqual HardSigmoid HardSwish Hardmax Identity InstanceNormalization LRN LayerNormalization LeakyRelu
Less LessOrEqual Log LogSoftmax LpNormalization LpPool MatMul MatMulInteger Max MaxPool Mean MeanVarianceNormalization Min Mul Neg
PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax
ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize Round Selu Shape Shrink Sigmoid Sign Slice Softmax
Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Tanh ThresholdedRelu Tile TopK Transpose Unsqueeze Upsample Where Mish Size
""".split())
# Not the arithmetic of a network at inference: random draws, batch statistics, losses.
LEFT_OUT = ("training_dropout", "train", "_str", "STRING", "BFLOAT16")  # bits of bfloat16 have no type in .npy


def folder_cases(folder):
    for path in sorted(glob.glob(os.path.join(folder, "*", "*", "model.onnx"))):
        data = os.path.join(os.path.dirname(path), "test_data_set_0")
        yield os.path.basename(os.path.dirname(path)), onnx.load(path), [
            [read_tensor(p) for p in sorted(glob.glob(os.path.join(data, kind + "_*.pb")),
                                            key=lambda p: int(p[:-3].rsplit("_", 1)[1]))]
            for kind in ("input", "output")]


def read_tensor(path):
    tensor = onnx.TensorProto()
    with open(path, "rb") as f:
        tensor.ParseFromString(f.read())
    return numpy_helper.to_array(tensor)


def node_cases():
    for case in collect_testcases(""):
        if case.model is not None and case.data_sets:
            inputs, outputs = case.data_sets[0]
            yield case.name, case.model, [list(inputs), list(outputs)]


def is_meant(name, model, data):
    ops = {n.op_type for n in model.graph.node}
    return (ops <= OPERATORS and not any(word in name for word in LEFT_OUT)
            and len(data[0]) > 0
            and all(isinstance(x, np.ndarray) and x.dtype.kind in "fiub" for x in data[0] + data[1]))


def start(command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", timeout=120,
                          check=False)


def differs(got, want):
    if got.shape != want.shape:
        return f"shape {got.shape} instead of {want.shape}"
    got, want = got.astype(np.float64), want.astype(np.float64)
    close = np.abs(got - want) <= 1e-3 * np.abs(want) + 1e-5
    if np.all(close | (got == want) | ((got != got) & (want != want))):
        return ""
    return f"by up to {np.nanmax(np.abs(got - want)):g}"


def run(job):
    exe, design, name, model, (inputs, outputs) = job
    graph = model.graph
    given = {i.name for i in graph.initializer}
    feeds = [i.name for i in graph.input if i.name not in given]
    kept = feeds[0]
    # Weights and the like are constants; so is what is no data at all.
    for feed, value in list(zip(feeds, inputs))[1:]:
        graph.initializer.append(numpy_helper.from_array(value, feed))
    with tempfile.TemporaryDirectory() as d:
        with open(d + "/model.onnx", "wb") as f:
            f.write(model.SerializeToString())
        np.save(d + "/input.npy", inputs[feeds.index(kept)])
        command = [exe, "run", design, "--model", d + "/model.onnx", "--input", d + "/input.npy", "--fidelity", "bound",
                   "--out", d + "/o"]
        try:
            r = start(command)
            if r.returncode == 2 and len(outputs) > 1:  # some of the outputs are beyond us: the first alone
                r = start(command + ["--output", graph.output[0].name])
        except subprocess.TimeoutExpired:
            return name, "CRASH", "no answer in two minutes"
        if r.returncode == 2:
            return name, "refused", r.stderr.strip().split("\n")[-1].replace(d + "/", "")[:230]
        if r.returncode not in (0, 1) or not os.path.exists(d + "/o/output.npy"):
            return name, "CRASH", r.stderr.strip()[-230:]
        for k, want in enumerate(outputs):
            path = d + "/o/output.npy" if k == 0 else d + "/o/output-" + graph.output[k].name.replace("/", "_") + ".npy"
            if k == 0 or os.path.exists(path):
                why = differs(np.load(path), want)
                if why:
                    return name, "WRONG", f"output {k}: {why}"
        return name, "pass", ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("exe")
    parser.add_argument("design")
    parser.add_argument("folder", nargs="?", default="")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    cases = [c for c in list(node_cases()) + list(folder_cases(args.folder)) if is_meant(*c) and args.only in c[0]]
    jobs = [(args.exe, args.design) + c for c in cases[::args.every]]
    with multiprocessing.Pool(2) as pool:
        results = pool.map(run, jobs, chunksize=4)
    for name, verdict, why in sorted(results, key=lambda r: (r[1], r[2], r[0])):
        if verdict != "pass":
            print(f"{verdict:8} {name:60} {why}")
    count = collections.Counter(verdict for _, verdict, _ in results)
    print(f"{len(results)} cases: " + ", ".join(f"{n} {verdict}" for verdict, n in sorted(count.items())))
    sys.exit(1 if count["WRONG"] + count["CRASH"] else 0)


if __name__ == "__main__":
    main()
