"""Makes opencv_top1.csv: the best class of OpenCV's DNN module for every sample picture.

usage: /usr/bin/python3 tests/golden/opencv_top1.py SHARED_DATA >tests/golden/opencv_top1.csv
"""
import csv
import sys

import cv2
import numpy

data = sys.argv[1]
cv2.setNumThreads(1)
nets = [cv2.dnn.readNetFromCaffe(f"{data}/models/squeezenet_{v}_deploy.prototxt",
                                 f"{data}/models/squeezenet_{v}.caffemodel")
        for v in ("v1.0", "v1.1")]

print(f"# made by opencv_top1.py with OpenCV {cv2.__version__} from the .caffemodel files: imread,"
      " resize to 256 x 256 (INTER_LINEAR), crop 14..240, BGR minus (104, 117, 123)")
print("file,v1.0,v1.1")
with open(f"{data}/images/labels.csv", newline="") as labels:
    for row in csv.DictReader(labels):
        picture = cv2.imread(f"{data}/images/{row['file']}",
                             cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
        picture = cv2.resize(picture, (256, 256), interpolation=cv2.INTER_LINEAR)[14:241, 14:241]
        x = picture.astype(numpy.float32) - numpy.array((104, 117, 123), numpy.float32)
        x = numpy.ascontiguousarray(x.transpose(2, 0, 1)[None])
        best = []
        for net in nets:
            net.setInput(x)
            best.append(int(net.forward().reshape(-1).argmax()))
        print(row["file"], *best, sep=",")
