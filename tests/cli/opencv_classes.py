"""Top-1 classes that OpenCV's DNN module gives pictures, decoded and resized by OpenCV as well.

usage: /usr/bin/python3 opencv_classes.py MODEL PICTURE...   prints: PICTURE CLASS
"""
import sys

import cv2
import numpy

model = sys.argv[1]
cv2.setNumThreads(1)
net = cv2.dnn.readNetFromCaffe(model.replace(".caffemodel", "_deploy.prototxt"), model)
for path in sys.argv[2:]:
    picture = cv2.resize(cv2.imread(path), (256, 256), interpolation=cv2.INTER_LINEAR)
    planes = picture[14:241, 14:241].astype(numpy.float32) - numpy.float32([104, 117, 123])
    net.setInput(numpy.ascontiguousarray(planes.transpose(2, 0, 1)[None]))
    print(path, int(net.forward().argmax()))
