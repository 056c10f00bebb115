"""Holds `zynqsim sparsify` against a table of measured points.

usage: sparsify_rows.py ZYNQSIM TABLE.csv MODELS [NETWORK...]

Rows of networks whose file lies in MODELS: zeros and MACs left have to agree to the last printed
digit (two decimals). The table has six digits of the parameter, which may fall short of a weight
that the full figure reached: then the share of zeros is the target, and the parameter that is found
has to be that of the table in all of its digits. Rows of the same network, method and parameter are
run once.
"""
import csv
import gzip
import json
import os
import subprocess
import sys
import tempfile

SCALES = {"squeezenet_v1.1": "57.375,57.12,58.395"}


def model_of(models, network, scratch):
    path = os.path.join(models, network + ".onnx")
    unpacked = os.path.join(scratch, network + ".onnx")
    if os.path.exists(path) or os.path.exists(unpacked):
        return path if os.path.exists(path) else unpacked
    if not os.path.exists(path + ".gz"):
        return None
    with gzip.open(path + ".gz") as packed, open(unpacked, "wb") as out:
        out.write(packed.read())
    return unpacked


def sparsify(program, model, network, method, parameter, target=None):
    command = [program, "sparsify", model, "--format", "json"]
    if method.endswith("_nodw"):
        method = method[:-5]
        command.append("--spare-depthwise")
    if method != "dense":
        command += ["--method", method]
        command += (["--parameter", parameter] if target is None
                    else ["--target-zeros", "%.6g" % target])
    if network in SCALES:
        command += ["--set", "network.sparsify.input_scale=" + SCALES[network]]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def agrees(result, row):
    return all(abs(result[c] - float(row[c])) <= 0.00501
               for c in ("zero_percent", "macs_left_percent"))


def as_target(program, model, row, key):
    zeros = float(row["zero_percent"])
    for target in (round(zeros) / 100, (zeros - 0.005) / 100):
        r = sparsify(program, model, *key, target=target)
        if "%.6g" % r["parameter"] == "%.6g" % float(row["parameter"]) and agrees(r, row):
            return True
    return False


def main(scratch):
    program, table, models = sys.argv[1:4]
    only = sys.argv[4:]
    done, wrong, rows, targets, absent = {}, 0, 0, 0, set()
    for row in csv.DictReader(open(table)):
        network = row["network"]
        model = model_of(models, network, scratch)
        if only and network not in only:
            continue
        if model is None:
            absent.add(network)
            continue
        rows += 1
        key = (network, row["method"], row["parameter"])
        if key in done:
            if not agrees(done[key], row):
                sys.exit("%s %s %s: two rows differ" % key)
            continue
        r = sparsify(program, model, *key)
        if not agrees(r, row) and as_target(program, model, row, key):
            targets += 1
            r = {c: float(row[c]) for c in ("zero_percent", "macs_left_percent")}
        if not agrees(r, row):
            wrong += 1
            print("%s %s %s: zeros %.4f for %s, MACs left %.4f for %s" % (
                *key, r["zero_percent"], row["zero_percent"],
                r["macs_left_percent"], row["macs_left_percent"]))
            r = {c: float(row[c]) for c in ("zero_percent", "macs_left_percent")}
        done[key] = r
    print("%d rows, %d points, %d by their share of zeros, %d differ%s" % (
        rows, len(done), targets, wrong,
        "; no model: " + " ".join(sorted(absent)) if absent else ""))
    sys.exit(wrong > 0)


with tempfile.TemporaryDirectory() as directory:
    main(directory)
