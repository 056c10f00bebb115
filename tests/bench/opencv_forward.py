"""One single-thread forward pass of OpenCV's DNN module: what make bench compares with.

usage: /usr/bin/python3 opencv_forward.py MODEL C H W REPEATS   prints: median min max (seconds)
"""
import sys
import time

import cv2
import numpy

model, shape, repeats = sys.argv[1], [int(a) for a in sys.argv[2:5]], int(sys.argv[5])
cv2.setNumThreads(1)
if model.endswith(".onnx"):
    net = cv2.dnn.readNetFromONNX(model)
else:
    net = cv2.dnn.readNetFromCaffe(model.replace(".caffemodel", "_deploy.prototxt"), model)
net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
picture = numpy.random.default_rng(1).uniform(-128, 127, [1] + shape).astype(numpy.float32)

times = []
for i in range(repeats + 2):
    net.setInput(picture)
    begin = time.perf_counter()
    net.forward()
    times.append(time.perf_counter() - begin)
times = sorted(times[2:])  # the first two allocate and warm the caches
print(times[len(times) // 2], times[0], times[-1])
