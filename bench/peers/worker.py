#!/usr/bin/env python3
"""worker.py PEER: one peer in a process of its own, which does what it reads line by line and answers each with a line
of JSON.

    run N        -> {"ms": [N times]}
    output FILE  -> {}: what the network made of the picture, grey levels 0 to 255, (H,W,3) float32, as .npy
    (at first)   -> {"version", "setting", "floor_MB", "memory_MB"}: what its libraries take alone, and once it has run

PEER: pytorch, pytorch-step, onnxruntime, openvino, ncnn. bench/peers/run starts it with threads and cores set."""

import argparse
import copy
import json
import os
import sys
import time
from pathlib import Path


def peak_memory_mb():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def end_with_who_started_it():
    """Even while it is stopped."""
    import ctypes
    import signal

    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class PyTorch:
    """Several layouts and compilers; the quickest here is taken, or the one that is named."""

    settings = ["contiguous", "channels last", "frozen", "compiled, channels last"]

    def __init__(self, arguments):
        import torch

        self.torch, self.arguments, self.bf16 = torch, arguments, arguments.precision == "bf16"
        torch.set_num_threads(arguments.threads)
        torch.set_num_interop_threads(1)
        self.version = torch.__version__

    def load(self, setting):
        from networks import load_generator

        torch, arguments = self.torch, self.arguments
        network = load_generator(arguments.folder / "network.safetensors", arguments.ngf, arguments.blocks)
        layout = torch.channels_last if "channels last" in setting else torch.contiguous_format
        self.x = torch.from_numpy(picture(arguments)).to(memory_format=layout)
        network = network.to(memory_format=layout)
        if setting == "frozen":
            with self.mode():
                network = torch.jit.optimize_for_inference(torch.jit.trace(network, self.x))
        elif "compiled" in setting:
            import torch._inductor.config

            torch._inductor.config.freezing = True
            if arguments.isa == "avx2":
                torch._inductor.config.cpp.simdlen = 256
            network = torch.compile(network, dynamic=False)
        self.network = network

    def mode(self):
        return self.torch.autocast("cpu", self.torch.bfloat16, enabled=self.bf16, cache_enabled=True)

    def run(self):
        with self.torch.inference_mode(), self.mode():
            self.y = self.network(self.x)

    def output(self):
        return self.y.float().numpy()


class PyTorchStep(PyTorch):
    """A training step. Compiled, its graphs forward and backward take inductor a minute or more before the first."""

    settings = ["contiguous", "channels last", "compiled, channels last"]

    def load(self, setting):
        from networks import Training

        torch, arguments = self.torch, self.arguments
        layout = torch.channels_last if "channels last" in setting else torch.contiguous_format
        self.training = Training(arguments.size, arguments.ngf, arguments.blocks, arguments.batch).to("cpu", layout)
        if "compiled" in setting:
            self.training.compile()

    def run(self):
        with self.torch.autocast("cpu", self.torch.bfloat16, enabled=self.bf16):
            self.training.step()


class OnnxRuntime:
    settings = ["all optimizations"]

    def __init__(self, arguments):
        import onnxruntime

        self.runtime, self.arguments, self.version = onnxruntime, arguments, onnxruntime.__version__

    def load(self, setting):
        options = self.runtime.SessionOptions()
        options.graph_optimization_level = self.runtime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.intra_op_num_threads, options.inter_op_num_threads = self.arguments.threads, 1
        options.execution_mode = self.runtime.ExecutionMode.ORT_SEQUENTIAL
        self.session = self.runtime.InferenceSession(
            str(self.arguments.stem) + ".onnx", options, providers=["CPUExecutionProvider"]
        )
        self.x = picture(self.arguments)

    def run(self):
        (self.y,) = self.session.run(None, {"x": self.x})

    def output(self):
        return self.y


class OpenVino:
    settings = ["latency hint"]

    def __init__(self, arguments):
        import openvino

        self.openvino, self.arguments, self.version = openvino, arguments, openvino.__version__.split("-")[0]

    def load(self, setting):
        core = self.openvino.Core()
        wanted = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": self.arguments.threads,
            "NUM_STREAMS": 1,
            "INFERENCE_PRECISION_HINT": self.arguments.precision,
        }
        compiled = core.compile_model(str(self.arguments.stem) + ".xml", "CPU", wanted)
        self.request = compiled.create_infer_request()
        self.x = picture(self.arguments)
        self.request.set_input_tensor(self.openvino.Tensor(self.x, shared_memory=True))

    def run(self):
        self.request.infer()

    def output(self):
        return self.request.get_output_tensor().data


class Ncnn:
    """A picture at a time: it knows no batches."""

    settings = ["winograd, sgemm, packing"]

    def __init__(self, arguments):
        import ncnn

        self.ncnn, self.arguments, self.version = ncnn, arguments, ncnn.__version__

    def load(self, setting):
        bf16 = self.arguments.precision == "bf16"
        self.net = self.ncnn.Net()
        option = self.net.opt
        option.num_threads = self.arguments.threads
        option.use_winograd_convolution = option.use_sgemm_convolution = option.use_packing_layout = True
        option.use_fp16_packed = option.use_fp16_storage = option.use_fp16_arithmetic = False
        option.use_bf16_packed = option.use_bf16_storage = bf16
        stem = str(self.arguments.folder / f"{self.arguments.size}x{self.arguments.size}")
        if self.net.load_param(stem + ".ncnn.param") != 0 or self.net.load_model(stem + ".ncnn.bin") != 0:
            raise RuntimeError(stem + ".ncnn.param: ncnn cannot load it")
        self.pictures = [self.ncnn.Mat(x).clone() for x in picture(self.arguments)]

    def run(self):
        self.ys = []
        for mat in self.pictures:
            extractor = self.net.create_extractor()
            extractor.input("in0", mat)
            result, y = extractor.extract("out0")
            if result != 0:
                raise RuntimeError("ncnn: extract failed")
            self.ys.append(y)

    def output(self):
        import numpy

        return numpy.stack([numpy.array(y) for y in self.ys])


PEERS = {"pytorch": PyTorch, "pytorch-step": PyTorchStep, "onnxruntime": OnnxRuntime, "openvino": OpenVino, "ncnn": Ncnn}


def picture(arguments):
    """(N,3,H,W) in [-1, 1]: the same picture N times."""
    import numpy
    from PIL import Image

    levels = numpy.asarray(Image.open(arguments.folder / f"{arguments.size}x{arguments.size}.png"), numpy.float32)
    one = numpy.ascontiguousarray((levels / 127.5 - 1).transpose(2, 0, 1))
    return numpy.repeat(one[None], arguments.batch, axis=0)


def timed(peer, runs):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        peer.run()
        times.append((time.perf_counter() - start) * 1e3)
    return times


def loaded(peer, setting):
    """One of its own, that runs so."""
    one = copy.copy(peer)
    one.load(setting)
    return one


def quickest(peer, named, turns=4):
    """(setting, peer) of the quickest setting, or of the one that is named. All are timed in turns, so that a slow minute
    of the machine hits all; one that cannot be had is no reason to stop."""
    settings = [named] if named else peer.settings
    if len(settings) == 1:
        return settings[0], loaded(peer, settings[0])
    ready = {}
    for setting in settings:
        try:
            one = loaded(peer, setting)
            timed(one, 2)
            ready[setting] = one
        except Exception as error:
            print(f"{setting}: {(str(error) or repr(error)).splitlines()[0][:200]}", file=sys.stderr)
    if not ready:
        raise RuntimeError("none of its settings can be had here")
    took = {setting: [] for setting in ready}
    for _ in range(turns):
        for setting, one in ready.items():
            took[setting] += timed(one, 2)[1:]
    for setting, times in took.items():
        print(f"{setting}: {min(times):.1f} ms", file=sys.stderr)
    best = min(took, key=lambda setting: min(took[setting]))
    return best, ready[best]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("--folder", type=Path, required=True, help="where export.py has been")
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--isa", choices=["auto", "avx2"], default="auto", help="the environment has been set for it")
    parser.add_argument("--setting", help="instead of the quickest")
    for name in ("size", "batch", "ngf", "blocks", "threads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    arguments = parser.parse_args()
    arguments.stem = arguments.folder / f"{arguments.size}x{arguments.size}-b{arguments.batch}"
    end_with_who_started_it()
    # Libraries write to standard output as they like.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    answer = lambda fields: print(json.dumps(fields), file=answers, flush=True)

    sys.path.insert(0, str(Path(__file__).parent))
    import numpy  # noqa: F401  all of them do
    from PIL import Image  # noqa: F401

    peer = PEERS[arguments.peer](arguments)
    floor = peak_memory_mb()
    setting, peer = quickest(peer, arguments.setting)
    timed(peer, 1)
    answer({"version": peer.version, "setting": setting, "floor_MB": floor, "memory_MB": peak_memory_mb()})
    for line in sys.stdin:
        command, what = line.split(maxsplit=1)
        if command == "run":
            answer({"ms": timed(peer, int(what))})
        elif command == "output":
            levels = (peer.output()[0].transpose(1, 2, 0) + 1) * 127.5
            numpy.save(what.strip(), levels.astype(numpy.float32))
            answer({})


if __name__ == "__main__":
    main()
