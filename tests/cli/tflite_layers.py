#!/usr/bin/python3
"""tflite_layers.py ZYNQSIM DESIGN.yaml FOLDER [KEY=VALUE...] [NAME...]: every operator's output of the first golden sample of
the integer models of FOLDER, against the hashes of FOLDER/layers."""
import csv
import hashlib
import os
import subprocess
import sys
import tempfile

import numpy as np

exe, design, here = sys.argv[1:4]
settings = [a for w in sys.argv[4:] if "=" in w for a in ("--set", w)]
names = [w for w in sys.argv[4:] if "=" not in w] or sorted(f[:-4] for f in os.listdir(here + "/layers") if f.endswith(".csv"))
bad = 0
for name in names:
    golden = os.path.join(here, "golden", name) + "_input.npy"
    with open(os.path.join(here, "layers", name + ".csv"), encoding="ascii") as f:
        rows = [r for r in csv.DictReader(f) if len(r.get("sha256") or "") == 64 and "output_tensor" in r and r["operator"] != "RESHAPE"]
    if not rows or not os.path.exists(golden):
        continue
    with tempfile.TemporaryDirectory() as d:
        np.save(d + "/x.npy", np.load(golden)[:1])
        tensors = [r["output_tensor"] for r in rows]
        asked = [a for t in tensors for a in ("--output", t)]
        r = subprocess.run([exe, "run", design, "--model", os.path.join(here, name + ".tflite"), "--input", d + "/x.npy",
                            "--fidelity", "bound", "--out", d + "/o"] + asked + settings, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, errors="replace", check=False)
        if r.returncode > 1:
            print(f"{name:42} refused  {r.stderr.strip()[-200:]}", flush=True)
            bad += 1
            continue
        differ = []
        for k, row in enumerate(rows):
            got = np.load(d + ("/o/output.npy" if k == 0 else f"/o/output-{row['output_tensor']}.npy"))
            if hashlib.sha256(np.ascontiguousarray(got).tobytes()).hexdigest() != row["sha256"]:
                differ.append(f"{row['op']} {row['operator']}")
        bad += len(differ) > 0
        print(f"{name:42} {'WRONG' if differ else 'pass'}     {len(rows) - len(differ)} of {len(rows)} {'; '.join(differ[:6])}",
              flush=True)
sys.exit(1 if bad else 0)
