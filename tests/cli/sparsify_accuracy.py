"""Holds `zynqsim accuracy` of pruned networks against a table of measured points.

usage: sparsify_accuracy.py ZYNQSIM TABLE.csv DATA NETWORK IMAGE_SET [LIMIT]

Rows of the network on that set of images, which lie in DATA: top-1 and top-5 here and in the table, and by how many
images they differ. Recalibrated rows of CIFAR-10 take the first 100 training images. Zeros have to agree in two
decimals: where the six digits of a parameter fall short of the weight that the full figure reached, the share of zeros
is the target. Of fewer images than the table has (LIMIT) nothing is judged. Status 1: a row without correction is off
by more than one image in a hundred, or a recalibrated one by more than two points.
"""
import csv
import gzip
import json
import os
import struct
import subprocess
import sys
import tempfile

MEAN = (123.675, 116.28, 103.53)
SCALE = (0.017124753831663668, 0.01750700280112045, 0.017429193899782133)
SETS = {
    "open50": "images",
    "test500": "cifar10/test500.bin",
    "cifar_lossless_test1000": "cifar10/test2000_0.webp",
    "cifar_lossless_test2000": "cifar10/test2000_0.webp",
}


def calibration(data, path):
    """The first 100 training images as a stack of input tensors."""
    records = gzip.open(os.path.join(data, "cifar10/train1000.bin.gz")).read()
    head = "{'descr': '<f4', 'fortran_order': False, 'shape': (100, 3, 32, 32), }"
    head += " " * (117 - len(head)) + "\n"
    with open(path, "wb") as out:
        out.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode())
        for image in range(100):
            pixels = records[3073 * image + 1:3073 * (image + 1)]
            out.write(struct.pack("<3072f", *((pixels[i] - MEAN[i // 1024]) * SCALE[i // 1024]
                                              for i in range(3072))))


def preprocessing(network):
    if network.startswith("resnet"):
        how = {"fit": "stretch", "resize": 0, "order": "rgb", "mean": list(MEAN), "scale": list(SCALE)}
    elif network.startswith("mobilenet"):
        how = {"fit": "stretch", "resize": 256, "order": "rgb", "mean": 128, "scale": 0.0078125}
    else:
        return {}
    return {"preprocess": how}


def settings(row, network, scratch, target):
    method = row["method"]
    out = []
    if method != "dense":
        out.append("method=" + method.replace("_nodw", ""))
        out.append("target_zeros=%.6g" % target if target else "parameter=" + row["parameter"])
    if method.endswith("_nodw"):
        out.append("spare_depthwise=true")
    if network == "squeezenet_v1.1":
        out.append("input_scale=57.375,57.12,58.395")
    keys = ["network.sparsify." + key for key in out]
    if row["correction"] == "recalibrated":
        keys += ["network.sparsify.correction=recalibrated",
                 "network.calibration=" + os.path.join(scratch, "calibration.npy")]
    return [word for key in keys for word in ("--set", key)]


def run(command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main(scratch):
    program, table, data, network, images = sys.argv[1:6]
    limit = int(sys.argv[6]) if len(sys.argv) > 6 else None
    model = os.path.join(data, "models", network + ".onnx")
    if not os.path.exists(model):
        packed, model = model + ".gz", os.path.join(scratch, network + ".onnx")
        open(model, "wb").write(gzip.open(packed).read())
    design = os.path.join(scratch, "design.yaml")
    json.dump({"network": dict(preprocessing(network), model=model)}, open(design, "w"))
    if "cifar" in network:
        calibration(data, os.path.join(scratch, "calibration.npy"))
    wrong = 0
    for row in csv.DictReader(open(table)):
        if (row["network"], row["image_set"]) != (network, images):
            continue
        n = int(row["images"]) if limit is None else min(limit, int(row["images"]))
        target = None
        words = settings(row, network, scratch, None)
        found = json.loads(run([program, "sparsify", model, "--format", "json"] +
                               (words if row["method"] != "dense" else [])))["zero_percent"]
        if abs(found - float(row["zero_percent"])) > 0.00501:
            target = (float(row["zero_percent"]) - 0.005) / 100
        out = run([program, "accuracy", design, "--images", os.path.join(data, SETS[images]), "--limit", str(n),
                   "--fidelity", "bound", "--format", "csv", "--quiet"] + settings(row, network, scratch, target))
        got = next(csv.DictReader(line for line in out.splitlines() if not line.startswith("#")))
        here = [100 * float(got[c]) for c in ("top1_frac", "top5_frac")]
        off = [abs(h - float(row[c])) for h, c in zip(here, ("top1", "top5"))]
        allowed = 2.0 if row["correction"] == "recalibrated" else max(1.0, 100.0 / n)
        is_wrong = n == int(row["images"]) and max(off) > allowed + 0.005
        wrong += is_wrong
        print("%s%s %s %s: %.2f %.2f, table %s %s, of %d images" % (
            "WRONG " if is_wrong else "", row["method"], row["parameter"], row["correction"], *here, row["top1"],
            row["top5"], n), flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        sys.exit(main(scratch))
