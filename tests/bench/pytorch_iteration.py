"""One single-thread iteration of training LeNet-5 in PyTorch, batch 64: what make bench compares with.

usage: /usr/bin/python3 pytorch_iteration.py REPEATS   prints: median min max (seconds)
"""
import sys
import time

import torch
from torch import nn

repeats = int(sys.argv[1])
torch.manual_seed(1)
torch.set_num_threads(1)
net = nn.Sequential(  # models/lenet5_1998.yaml
    nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
    nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))
optimiser = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
loss_of = nn.CrossEntropyLoss()
images, labels = torch.rand(64, 1, 28, 28), torch.randint(0, 10, (64,))

times = []
for i in range(repeats + 5):
    begin = time.perf_counter()
    optimiser.zero_grad()
    loss_of(net(images), labels).backward()
    optimiser.step()
    times.append(time.perf_counter() - begin)
times = sorted(times[5:])  # the first ones allocate and warm the caches
print(times[len(times) // 2], times[0], times[-1])
