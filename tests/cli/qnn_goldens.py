#!/usr/bin/python3
"""qnn_goldens.py ZYNQSIM DESIGN.yaml FOLDER [OPTION...]: quantised networks against their golden outputs; 1 when one differs."""
import os
import subprocess
import sys
import tempfile

import numpy as np

exe, design, folder = sys.argv[1:4]
EXACT = ("cnv_w1a1", "cnv_w1a2", "lfc_w1a1", "ex_qres")
CLOSE = ("tfc_w1a1_brevitas", "tfc_w1a2_brevitas", "tfc_w1a1_finn_build", "jettag_w6a6_qkeras", "ex_qraw")
bad = 0
for name in EXACT + CLOSE:
    golden = os.path.join(folder, "golden", name)
    with tempfile.TemporaryDirectory() as d:
        r = subprocess.run([exe, "run", design, "--model", os.path.join(folder, name + ".onnx"), "--input",
                            golden + "_input.npy", "--fidelity", "bound", "--quiet", "--out", d + "/o"] + sys.argv[4:],
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if r.returncode not in (0, 1) or not os.path.exists(d + "/o/output.npy"):
            print(name, r.stderr.strip())
            bad += 1
            continue
        got, want = np.load(d + "/o/output.npy").reshape(-1), np.load(golden + "_output.npy").reshape(-1)
        off = np.abs(got.astype(np.float64) - want) > (0 if name in EXACT else 1e-5 * np.abs(want).max())
        if got.size != want.size or off.any():
            print(name, "differs in", int(off.sum()), "of", want.size)
            bad += 1
sys.exit(1 if bad else 0)
