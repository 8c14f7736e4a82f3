#!/usr/bin/env python3
"""The same work in PyTorch on the CPU, and both side by side.

    python bench/peers/pytorch.py --bauta build/cpu/bin/cyclegan_bench

Rounds alternate between the two, so that a slow minute of a shared machine hits both; the ratio is that of medians.
Networks, losses, pool-less training step and Adam as in cyclegan/ (reference generators, LSGAN, lambda 10).
Needs torch (PyPI); development only.
"""

import argparse
import itertools
import json
import statistics
import subprocess
import time

import torch
from torch import nn
from torch.nn import functional


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        half = lambda: [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels)]
        self.body = nn.Sequential(*half(), nn.ReLU(True), *half())

    def forward(self, x):
        return x + self.body(x)


def generator(ngf, blocks):
    norm_relu = lambda c: [nn.InstanceNorm2d(c), nn.ReLU(True)]
    layers = [nn.ReflectionPad2d(3), nn.Conv2d(3, ngf, 7), *norm_relu(ngf)]
    for c in (ngf, 2 * ngf):
        layers += [nn.Conv2d(c, 2 * c, 3, 2, 1), *norm_relu(2 * c)]
    layers += [Residual(4 * ngf) for _ in range(blocks)]
    for c in (4 * ngf, 2 * ngf):
        layers += [nn.ConvTranspose2d(c, c // 2, 3, 2, 1, 1), *norm_relu(c // 2)]
    return nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(ngf, 3, 7), nn.Tanh())


def discriminator(ndf):
    layers = [nn.Conv2d(3, ndf, 4, 2, 1), nn.LeakyReLU(0.2, True)]
    for c, stride in ((ndf, 2), (2 * ndf, 2), (4 * ndf, 1)):
        layers += [nn.Conv2d(c, 2 * c, 4, stride, 1), nn.InstanceNorm2d(2 * c), nn.LeakyReLU(0.2, True)]
    return nn.Sequential(*layers, nn.Conv2d(8 * ndf, 1, 4, 1, 1))


class Peer:
    def __init__(self, what, size, ngf, blocks):
        self.what = what
        self.g, self.f = generator(ngf, blocks), generator(ngf, blocks)
        self.d_x, self.d_y = discriminator(ngf), discriminator(ngf)
        adam = lambda *nets: torch.optim.Adam(itertools.chain(*(n.parameters() for n in nets)), 2e-4, (0.5, 0.999))
        self.opt_g, self.opt_d = adam(self.g, self.f), adam(self.d_x, self.d_y)
        self.x, self.y = torch.randn(1, 3, size, size) * 0.4, torch.randn(1, 3, size, size) * 0.4

    def run(self):
        start = time.perf_counter()
        if self.what == "forward":
            with torch.inference_mode():
                self.g(self.x)
        else:
            self.step()
        return (time.perf_counter() - start) * 1e3

    def step(self):
        mse = lambda verdict, target: functional.mse_loss(verdict, torch.full_like(verdict, target))
        discriminators = list(self.d_x.parameters()) + list(self.d_y.parameters())
        for p in discriminators:
            p.requires_grad_(False)
        fake_y, fake_x = self.g(self.x), self.f(self.y)
        loss = mse(self.d_y(fake_y), 1.0) + mse(self.d_x(fake_x), 1.0)
        loss = loss + 10 * (functional.l1_loss(self.f(fake_y), self.x) + functional.l1_loss(self.g(fake_x), self.y))
        self.opt_g.zero_grad()
        loss.backward()
        self.opt_g.step()
        for p in discriminators:
            p.requires_grad_(True)
        self.opt_d.zero_grad()
        for d, real, fake in ((self.d_y, self.y, fake_y), (self.d_x, self.x, fake_x)):
            (0.5 * (mse(d(real), 1.0) + mse(d(fake.detach()), 0.0))).backward()
        self.opt_d.step()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bauta", required=True, help="the built cyclegan_bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=3, help="timed runs of each side a round")
    cases = [("step", 128, 32, 6), ("forward", 256, 64, 9)]
    arguments = parser.parse_args()
    for what, size, ngf, blocks in cases:
        peer, ours, theirs = Peer(what, size, ngf, blocks), [], []
        peer.run()
        for _ in range(arguments.rounds):
            command = [arguments.bauta, what, str(size), str(ngf), str(blocks), str(arguments.runs)]
            ours.append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["ms"])
            theirs.append(statistics.median(peer.run() for _ in range(arguments.runs)))
        a, b = statistics.median(ours), statistics.median(theirs)
        print(json.dumps({"what": what, "size": size, "ngf": ngf, "blocks": blocks, "bauta_ms": round(a, 1),
                          "pytorch_ms": round(b, 1), "pytorch_over_bauta": round(b / a, 2),
                          "torch": torch.__version__, "threads": torch.get_num_threads()}), flush=True)


if __name__ == "__main__":
    main()
