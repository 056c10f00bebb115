#!/usr/bin/python3
"""tflite_goldens.py ZYNQSIM DESIGN.yaml FOLDER [KEY=VALUE...] [NAME...]: runs the models of FOLDER on their golden inputs; prints a verdict for each.
Integer models must give every byte, float ones 1e-4 of the largest output."""
import os, subprocess, sys, tempfile
import numpy as np
exe, design, here = sys.argv[1:4]
settings = [a for w in sys.argv[4:] if "=" in w for a in ("--set", w)]
names = [w for w in sys.argv[4:] if "=" not in w] or sorted(f[:-7] for f in os.listdir(here) if f.endswith(".tflite"))
count = {}
for name in names:
    golden = os.path.join(here, "golden", name)
    if not os.path.exists(golden + "_output.npy"):
        continue
    want = np.load(golden + "_output.npy")
    with tempfile.TemporaryDirectory() as d:
        r = subprocess.run([exe, "run", design, "--model", os.path.join(here, name + ".tflite"), "--input", golden + "_input.npy",
                            "--fidelity", "tile", "--out", d + "/o"] + settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
        if not os.path.exists(d + "/o/output.npy"):
            verdict, why = ("refused" if r.returncode == 2 else "CRASH"), r.stderr.strip()[-200:]
        else:
            got = np.load(d + "/o/output.npy")
            if got.dtype != want.dtype or got.size != want.size:
                verdict, why = "WRONG", f"{got.dtype} {got.shape} instead of {want.dtype} {want.shape}"
            elif want.dtype == np.float32:
                error = float(abs(got.reshape(want.shape) - want).max() / abs(want).max())
                verdict, why = ("pass" if error <= 1e-4 else "WRONG"), f"error {error:.1e}"
            else:
                differ = int((got.reshape(want.shape) != want).sum())
                verdict, why = ("WRONG" if differ else "pass"), f"{differ} of {want.size} bytes differ"
    count[verdict] = count.get(verdict, 0) + 1
    print(f"{name:42} {verdict:8} {why}", flush=True)
print(", ".join(f"{v} {k}" for k, v in sorted(count.items())))
sys.exit(0 if set(count) <= {"pass"} else 1)
