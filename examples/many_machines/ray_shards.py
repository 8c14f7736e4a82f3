#!/usr/bin/env python3
"""ray_shards.py PHOTOGRAPHS OUT SHARDS [bauta's options...]: each shard a task of Ray, wherever there is room.

--here as first argument: one after the other, without Ray."""

import os
import subprocess
import sys


def shard(i, photographs, out, shards, options, threads):
    command = [os.environ.get("BAUTA", "bauta"), "deid", photographs, "--out", out, "--resume", "--shard", f"{i}/{shards}",
               "--report", os.path.join(out, f"report-{i}.json"), "--threads", str(threads), "--quiet", *options]
    return subprocess.run(command).returncode


def main(arguments, threads=4):
    here = arguments[0] == "--here"
    photographs, out, shards, *options = arguments[here:]
    os.makedirs(out, exist_ok=True)
    tasks = [(i, photographs, out, int(shards), options, threads) for i in range(1, int(shards) + 1)]
    if here:
        return max(shard(*task) for task in tasks)
    import ray

    ray.init()
    remote = ray.remote(num_cpus=threads, max_retries=3)(shard)
    return max(ray.get([remote.remote(*task) for task in tasks]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
