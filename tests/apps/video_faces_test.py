#!/usr/bin/env python3
"""Which faces bauta video covers and how, on clips made of the public-domain photograph that comes with the default model, where it
is known in every frame where the face is. Usage: video_faces_test.py PROGRAM [unittest options]"""

import json
import unittest

import command_case
from command_case import CommandTest
from video_case import VideoCase, needs_ffmpeg, streams
from video_scenes import FACE, FRAMES, GREY, HEIGHT, PORTRAIT, SCENES, SOURCE, WIDTH, ffmpeg, luma_frames

FETCHED = SOURCE / "models/fetched"
needs_detector = unittest.skipUnless((FETCHED / "yunet.safetensors").exists(), "SKIP: YuNet is not fetched (scripts/fetch_networks)")
needs_recognizer = unittest.skipUnless((FETCHED / "sface.safetensors").exists(), "SKIP: SFace is not fetched (scripts/fetch_networks)")


@needs_ffmpeg
@needs_detector
class Recall(CommandTest):
    def test_every_face_is_covered_in_every_frame(self):
        total, missed_by_detector = 0, 0
        for name, scene in SCENES.items():
            with self.subTest(name):
                clip, out = self.folder / "clip.y4m", self.folder / "out.y4m"
                scene.make(clip)
                summary = json.loads(
                    self.run_bauta("video", clip, "--out", out, "--cover", "fill", "--force", "--json")[0]
                )
                self.assertEqual(summary["frames"], FRAMES)
                missed_by_detector += summary["covers"] - summary["covers_found"]
                extra = 0
                for n, luma in enumerate(luma_frames(out)):
                    extra = max(extra, luma.count(GREY))
                    for left, top, right, bottom in scene.truth(n):
                        total += 1
                        rows = [luma[y * WIDTH + left : y * WIDTH + right] for y in range(top, bottom)]
                        covered = sum(row.count(GREY) for row in rows) / ((right - left) * (bottom - top))
                        self.assertGreaterEqual(covered, 0.95, (name, n, (left, top, right, bottom)))
                self.assertLess(extra, 0.7 * WIDTH * HEIGHT, "the picture is more than its faces")
        self.assertGreater(total, 400)
        # The detector alone would not do.
        self.assertGreater(missed_by_detector, 40)

    def test_looking_at_every_third_frame_is_enough_for_slow_faces(self):
        scene, clip, out = SCENES["moving"], self.folder / "clip.y4m", self.folder / "out.y4m"
        scene.make(clip)
        self.run_bauta("video", clip, "--out", out, "--cover", "fill", "--every", 3)
        for n, luma in enumerate(luma_frames(out)):
            for left, top, right, bottom in scene.truth(n):
                rows = [luma[y * WIDTH + left : y * WIDTH + right] for y in range(top, bottom)]
                covered = sum(row.count(GREY) for row in rows) / ((right - left) * (bottom - top))
                self.assertGreaterEqual(covered, 0.95, n)

    def test_both_fields_of_an_interlaced_frame_are_covered(self):
        scene, clip, out = SCENES["moving"], self.folder / "clip.y4m", self.folder / "out.y4m"
        scene.make(clip)
        woven = self.folder / "woven.mp4"
        ffmpeg("-i", clip, "-vf", "tinterlace=mode=interleave_top", "-c:v", "libx264", "-crf", 10, "-flags", "+ilme+ildct", woven)
        self.assertIn(streams(woven)[0]["field_order"], ("tt", "tb"))
        self.run_bauta("video", woven, "--out", out, "--cover", "fill")
        self.assertIn(b" It ", out.read_bytes()[:80])
        total = 0
        for n, luma in enumerate(luma_frames(out)):
            for field in range(2):
                for left, top, right, bottom in scene.truth(2 * n + field):
                    rows = [luma[y * WIDTH + left : y * WIDTH + right] for y in range(top, bottom) if y % 2 == field]
                    covered = sum(row.count(GREY) for row in rows) / ((right - left) * len(rows))
                    self.assertGreaterEqual(covered, 0.95, (n, field))
                    total += 1
        self.assertEqual(total, FRAMES)
        # What players have to know is kept where the codec can say it, and told where it cannot.
        for name in ("out.mp4", "out.mkv"):
            _, lines = self.run_bauta("video", woven, "--out", name)
            self.assertIn(streams(self.folder / name)[0]["field_order"], ("tt", "tb"), name)
            self.assertFalse(any("interlaced" in line for line in lines), lines)
        _, lines = self.run_bauta("video", woven, "--out", "out.webm")
        self.assertEqual(len([line for line in lines if "is interlaced, and its output's codec has no fields" in line]), 1, lines)


@needs_ffmpeg
@needs_detector
@needs_recognizer
class Recognized(VideoCase):
    """A portrait that stands still: what a face recognizer makes of it."""

    def portrait(self):
        clip = self.folder / "portrait.mkv"
        ffmpeg("-loop", 1, "-i", PORTRAIT, "-vf", "crop=320:320:0:0", "-frames:v", 12, "-r", 25, "-c:v", "ffv1", "-pix_fmt", "yuv420p", clip)
        return clip

    def cover(self, *arguments, **options):
        out, lines = self.run_bauta("video", self.portrait(), "--force", "--json", *arguments, **options)
        return json.loads(out), lines

    def test_the_usual_blocks_hide_and_what_they_show_is_told(self):
        summary, lines = self.cover("--out", "out.mp4")
        self.assertEqual((summary["identity_check"], summary["faces_compared"]), (True, 1))
        self.assertEqual((summary["faces_with_fewer_blocks"], summary["faces_recognized"]), (0, 0))
        self.assertEqual(summary["visible_risk"]["blocks"], 4)
        self.assertEqual(len([line for line in lines if "4 blocks across a face stay visible" in line]), 1, lines)
        summary, lines = self.cover("--out", "out.mp4", "--cover", "fill")
        self.assertIsNone(summary["visible_risk"])
        self.assertTrue(any("nothing of it stays visible" in line for line in lines), lines)
        summary, _ = self.cover("--out", "out.mp4", "--no-identity-check")
        self.assertEqual((summary["identity_check"], summary["faces_compared"]), (False, 0))

    def test_blocks_that_were_asked_for_stay_and_it_is_told_who_is_recognized(self):
        self.run_bauta("keygen", "--out", "my.key")
        for arguments in (["--out", "out.mp4"], ["--out", "out.mkv", "--key-file", "my.key"]):
            summary, lines = self.cover(*arguments, "--blocks", 40)
            self.assertEqual((summary["faces_compared"], summary["faces_recognized"]), (1, 1), arguments)
            self.assertEqual(summary["faces_with_fewer_blocks"], 0)
            self.assertEqual(len([line for line in lines if "1 face still recognized" in line and "fewer --blocks" in line]), 1, lines)

    def test_a_box_that_leaves_the_face_recognizable_is_an_error(self):
        boxes = self.folder / "half.tsv"
        x, y, width, height = FACE
        row = "\t".join(map(str, (x, y + height // 2, width, height // 2)))  # from the nose down
        boxes.write_text("frame\tbx\tby\tbw\tbh\n" + "".join(f"{n}\t{row}\n" for n in range(12)))
        _, lines = self.run_bauta("video", self.portrait(), "--out", "out.mp4", "--boxes", boxes, code=1)
        self.assert_problems(lines, ("portrait.mkv", "in frame 0 the face of ", "is recognized even with its box in one grey", "--margin"))
        self.assertEqual(self.outputs(), [])
        self.run_bauta("video", self.portrait(), "--out", "out.mp4", "--boxes", boxes, "--no-identity-check")


if __name__ == "__main__":
    command_case.main()
