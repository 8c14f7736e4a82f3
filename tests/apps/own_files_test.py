#!/usr/bin/env python3
"""What a run reads it does not write over, not with --force either. Usage: own_files_test.py PROGRAM [unittest options]"""

import shutil
import unittest

import command_case
from video_scenes import ffmpeg


class OwnFiles(command_case.CommandTest):
    def key(self, name):
        self.run_bauta("keygen", "--out", name)
        return self.folder / name

    def assert_refused(self, path, *arguments):
        """With the file as it was."""
        before = path.read_bytes()
        _, lines = self.run_bauta(*arguments, "--force", code=1)
        self.assert_problems(lines, (path.name, "is what this run reads", "name another file"))
        self.assertEqual(path.read_bytes(), before)

    def test_photographs(self):
        photo, key = self.photo("one.png"), self.key("my.json")
        page = self.folder / "my.html"
        shutil.copy(key, page)
        boxes = self.folder / "boxes.csv"
        shutil.copy(self.boxes, boxes)
        keyed = ["deid", photo, "--out", "out", "--boxes", boxes]
        self.assert_refused(key, *keyed, "--key-file", key, "--report", key)
        self.assert_refused(page, *keyed, "--key-file", page, "--sheet", page)
        self.assert_refused(boxes, *keyed, "--one-way", "--report", self.folder / "out/.." / boxes.name)
        self.run_bauta("keygen", "--recipient", "--out", "anna")
        public = (self.folder / "anna.pub").rename(self.folder / "anna.csv")
        self.assert_refused(public, *keyed, "--recipient", public, "--report", public)
        self.run_bauta(*keyed, "--key-file", key)
        self.assert_refused(key, "reid", "out", "--out", "back", "--key-file", key, "--report", key)

    def test_locked_files(self):
        photo, key = self.photo("one.png"), self.key("my.key")
        self.assert_refused(key, "lock", photo, "--key-file", key, "--out", key)
        self.run_bauta("lock", photo, "--key-file", key, "--out", "one.locked")
        self.assert_refused(key, "unlock", "one.locked", "--key-file", key, "--out", key)

    @unittest.skipUnless(shutil.which("ffmpeg"), "SKIP: ffmpeg is not installed")
    def test_videos(self):
        clip, key = self.folder / "in.mp4", self.key("my.csv")
        ffmpeg("-f", "lavfi", "-i", "testsrc2=s=96x80:r=25:d=0.2", "-c:v", "libx264", clip)
        boxes = self.folder / "boxes.json"
        boxes.write_text("frame\tbx\tby\tbw\tbh\n0\t10\t10\t40\t40\n")
        keyed = ["video", clip, "--out", "out.mkv", "--boxes", boxes, "--key-file", key]
        self.assert_refused(key, *keyed, "--report", key)
        self.assert_refused(boxes, *keyed, "--report", boxes)


if __name__ == "__main__":
    command_case.main()
