"""NumPy and the package onnx, which uses names that NumPy has dropped since; ends the program with 77 where either is not there."""
import sys
import warnings

try:
    import numpy as np
except ImportError:
    print("the package numpy is not there")
    sys.exit(77)

warnings.simplefilter("ignore")
for alias, plain in (("float", float), ("int", int), ("bool", bool), ("object", object)):
    if alias not in np.__dict__:
        setattr(np, alias, plain)
try:
    from onnx import TensorProto, helper, numpy_helper  # for those who import from here
    import onnx
except ImportError:
    print("the package onnx is not there")
    sys.exit(77)
