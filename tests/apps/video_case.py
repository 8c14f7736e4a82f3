"""What the tests of bauta video share: clips, tables of boxes, and what ffprobe says of a file."""

import json
import shutil
import subprocess
import unittest

from command_case import CommandTest
from video_scenes import ffmpeg

needs_ffmpeg = unittest.skipUnless(shutil.which("ffmpeg") and shutil.which("ffprobe"), "SKIP: ffmpeg is not installed")


def probe(path, *entries):
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-print_format", "json", *entries, str(path)], capture_output=True, check=True, timeout=60
    )
    return json.loads(done.stdout)


def streams(path):
    return probe(path, "-show_streams")["streams"]


def times(path, kind="v:0"):
    frames = probe(path, "-select_streams", kind, "-show_entries", "packet=pts_time")["packets"]
    return sorted(float(frame["pts_time"]) for frame in frames)


def frame_hashes(path, pixels="rgb24"):
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:v:0", "-fps_mode", "passthrough", "-vf",
         "scale=flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp", "-pix_fmt", pixels, "-f", "framemd5", "-"],
        capture_output=True, text=True, check=True, timeout=300,
    )
    return [line.rsplit(",", 1)[1].strip() for line in done.stdout.splitlines() if not line.startswith("#")]


class VideoCase(CommandTest):
    """Clips with a table of boxes, so that no detector is needed."""

    def clip(self, name, *output, size="96x80", rate=25, seconds=1, sound=False):
        path = self.folder / name
        inputs = ["-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d={seconds}"]
        if sound:
            inputs += ["-f", "lavfi", "-i", f"sine=frequency=500:duration={seconds}"]
        ffmpeg(*inputs, *output, path)
        return path

    def boxes_for(self, frames, box=(20, 16, 32, 32)):
        path = self.folder / "boxes.tsv"
        lines = ["\t".join(map(str, (n, *box))) for n in frames]
        path.write_text("frame\tbx\tby\tbw\tbh\n" + "\n".join(lines) + "\n")
        return path

    def video(self, *arguments, code=0, **options):
        return self.run_bauta("video", *arguments, "--boxes", self.boxes_for(range(0, 25, 5)), code=code, **options)

    def key(self):
        self.run_bauta("keygen", "--out", "my.key")
        return self.folder / "my.key"

    def outputs(self):
        return sorted(path.name for path in self.folder.iterdir() if path.name.startswith((".", "out")))
