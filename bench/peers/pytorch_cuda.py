#!/usr/bin/env python3
"""PyTorch's CycleGAN on a card, at several settings: what scripts/gpu_check sets beside bauta's own times.

    python bench/peers/pytorch_cuda.py [--seconds 140]

Networks, losses and Adam as in networks.py. A JSON object a measurement, medians in ms; settings that fail or
for which no time is left are named. Needs torch (PyPI); development only.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent))
from networks import Training  # noqa: E402


def median_ms(run, warm_ups=5, runs=20):
    times = []
    for i in range(-warm_ups, runs):
        torch.cuda.synchronize()
        start = time.perf_counter()
        run()
        torch.cuda.synchronize()
        if i >= 0:
            times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


SETTINGS = [  # name, bfloat16, channels last, compile mode; the strongest first, should time run out
    ("bf16 autocast, channels last, compiled", True, True, "default"),
    ("bf16 autocast, channels last, compiled with CUDA graphs", True, True, "reduce-overhead"),
    ("bf16 autocast, channels last", True, True, None),
    ("bf16 autocast", True, False, None),
    ("eager TF32", False, False, None),
]


def measure(what, batch, bf16, channels_last, mode):
    torch._dynamo.reset()  # the networks share their code: after a few, Dynamo would fall back to eager
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    layout = torch.channels_last if channels_last else torch.contiguous_format
    peer = Training(256, 64, 9, batch).to("cuda", layout)
    if mode:
        for name in ("g", "f", "d_x", "d_y"):
            setattr(peer, name, torch.compile(getattr(peer, name), mode=mode, dynamic=False))

    def run():
        with torch.autocast("cuda", torch.bfloat16, enabled=bf16):
            peer.step() if what == "step" else peer.forward()

    return median_ms(run), torch.cuda.max_memory_allocated() / 1e6


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=140, help="no measurement is begun after that long")
    arguments = parser.parse_args()
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    begin = time.monotonic()
    for name, *setting in SETTINGS:
        for what, batches in (("step", (1, 4, 16)), ("forward", (1, 16, 64))):
            for batch in batches:
                result = {
                    "peer": f"PyTorch {torch.__version__}",
                    "card": torch.cuda.get_device_name(),
                    "cudnn": torch.backends.cudnn.version(),
                    "setting": name,
                    "what": what,
                    "batch": batch,
                }
                if time.monotonic() - begin > arguments.seconds:
                    result["problem"] = "no time left"
                else:
                    try:
                        ms, megabytes = measure(what, batch, *setting)
                        result.update(
                            ms=round(ms, 3), images_per_s=round(batch / ms * 1e3, 1), memory_MB=round(megabytes, 1)
                        )
                    except Exception as error:  # a setting that PyTorch cannot do is a result, too
                        result["problem"] = str(error).splitlines()[0][:200]
                print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
