#!/usr/bin/env python3
"""Videos under a key as their users meet them: covered, cut, edited, restored. Usage: video_keyed_test.py PROGRAM [unittest options]"""

import json
import unittest

import command_case
from video_case import VideoCase, frame_hashes, needs_ffmpeg, streams
from video_scenes import ffmpeg


@needs_ffmpeg
class Keyed(VideoCase):
    def test_a_keyed_video_comes_back_bit_for_bit_with_the_key_alone(self):
        key = self.key()
        # Smooth, so that faces fit bit for bit.
        clip = self.folder / "in.mp4"
        ffmpeg("-f", "lavfi", "-i", "testsrc2=s=96x80:r=25:d=1", "-f", "lavfi", "-i", "sine=duration=1", "-vf", "gblur=4",
               "-c:v", "libx264", "-pix_fmt", "yuv420p", clip)
        summary = json.loads(self.video(clip, "--out", "out.mkv", "--key-file", key, "--json")[0])
        self.assertEqual((summary["mode"], summary["frames"], summary["frames_with_faces"]), ("keyed", 25, 25))
        video = streams(self.folder / "out.mkv")[0]
        self.assertEqual((video["codec_name"], video["pix_fmt"]), ("ffv1", "bgr0"))
        hidden, clear = frame_hashes(self.folder / "out.mkv"), frame_hashes(clip)
        self.assertEqual(sum(a == b for a, b in zip(hidden, clear, strict=True)), 0)
        self.run_bauta("video", "out.mkv", "--out", "back.mkv", "--restore", "--key-file", key)
        self.assertEqual(frame_hashes(self.folder / "back.mkv"), clear)
        self.assertEqual([stream["codec_type"] for stream in streams(self.folder / "back.mkv")], ["video", "audio"])
        # Without its record, by search.
        ffmpeg("-i", self.folder / "out.mkv", "-map", "0:v", "-c", "copy", self.folder / "lost.mkv")
        _, lines = self.run_bauta("video", "lost.mkv", "--out", "found.mkv", "--restore", "--key-file", key)
        self.assertTrue(any("has no record of regions: it was lost" in line for line in lines))
        self.assertEqual(frame_hashes(self.folder / "found.mkv"), clear)
        # To look at, in a lossy file.
        _, lines = self.run_bauta("video", "out.mkv", "--out", "back.mp4", "--restore", "--key-file", key)
        self.assertEqual(len([line for line in lines if "lossy" in line and "name an .mkv file" in line]), 1, lines)
        self.assertEqual(streams(self.folder / "back.mp4")[0]["codec_name"], "h264")
        # Another key, another codec, a changed pixel.
        self.run_bauta("keygen", "--out", "other.key")
        _, lines = self.run_bauta("video", "out.mkv", "--out", "no.mkv", "--restore", "--key-file", "other.key", code=1)
        self.assert_problems(lines, ("out.mkv", "another key"))
        ffmpeg("-i", self.folder / "out.mkv", "-c:v", "libx264", self.folder / "lossy.mkv")
        _, lines = self.run_bauta("video", "lossy.mkv", "--out", "no.mkv", "--restore", "--key-file", key, code=1)
        self.assert_problems(lines, ("lossy.mkv", "h264", "does not keep every bit"))
        # Told to lose nothing, and to lose some.
        for quality, comes_back in ((0, True), (20, False)):
            ffmpeg("-y", "-i", self.folder / "out.mkv", "-map", "0", "-c:v", "libx264rgb", "-qp", quality, self.folder / "rgb.mkv")
            self.run_bauta("video", "rgb.mkv", "--out", f"rgb{quality}.mkv", "--restore", "--key-file", key, code=int(not comes_back))
            self.assertEqual((self.folder / f"rgb{quality}.mkv").exists(), comes_back)
        self.assertEqual(frame_hashes(self.folder / "rgb0.mkv"), clear)
        ffmpeg("-i", self.folder / "out.mkv", "-map", "0", "-c:v", "ffv1", "-vf", "drawbox=30:30:2:2:enable='eq(n,7)'",
               self.folder / "changed.mkv")
        _, lines = self.run_bauta("video", "changed.mkv", "--out", "no.mkv", "--restore", "--key-file", key, code=1)
        self.assert_problems(lines, ("changed.mkv", "frame 7"))
        self.assertFalse((self.folder / "no.mkv").exists())

    def test_what_is_not_lossless_is_refused_with_the_reason(self):
        key, clip = self.key(), self.clip("in.mp4", "-c:v", "libx264")
        for arguments, parts in ((["--out", "out.mp4"], ("out.mp4", "no lossless video")),
                                 (["--out", "out.mkv", "--codec", "h264"], ("h264", "lossy")),
                                 (["--out", "out.y4m"], ("y4m", "no RGB"))):
            _, lines = self.video(clip, *arguments, "--key-file", key, code=1)
            self.assert_problems(lines, parts)
        for arguments in (["--restore"], ["--key-file", key, "--dry-run"], ["--cover", "fill", "--refresh", 1],
                          ["--restore", "--key-file", key, "--blocks", 3], ["--hold", "nan"], ["--out", "-", "--json"], ["--model", "folder"]):
            self.run_bauta("video", clip, *arguments, *([] if "--out" in arguments else ["--out", "out.mkv"]), code=2)
        self.assertEqual(self.outputs(), [])

    def moving(self, name="in.mp4"):
        """A clip with sound, so smooth that faces fit bit for bit, and a face that moves in it, from frame 5 on: covered from the third."""
        clip = self.folder / name
        ffmpeg("-f", "lavfi", "-i", "testsrc2=s=96x80:r=25:d=1", "-f", "lavfi", "-i", "sine=duration=1", "-vf", "gblur=4",
               "-c:v", "libx264", "-pix_fmt", "yuv420p", clip)
        boxes = self.folder / "moving.tsv"
        boxes.write_text("frame\tbx\tby\tbw\tbh\n" + "".join(f"{n}\t{10 + n}\t{8 + n // 2}\t32\t32\n" for n in range(5, 25)))
        return clip, ["--boxes", boxes, "--hold", 0]

    def keyed(self, *closers, **options):
        clip, boxes = self.moving()
        self.run_bauta("video", clip, "--out", "out.mkv", *boxes, *(closers or ["--key-file", self.key()]), **options)
        return frame_hashes(clip)

    def restored(self, name, *opener, code=0, **options):
        out, lines = self.run_bauta("video", name, "--out", "back.mkv", "--restore", "--force", "--json",
                                    *(opener or ["--key-file", self.folder / "my.key"]), code=code, **options)
        return (json.loads(out) if out else None), lines

    def edit(self, name, *arguments, before=()):
        ffmpeg(*before, "-i", self.folder / "out.mkv", "-map", 0, *arguments, self.folder / name)

    def test_a_part_of_a_keyed_video_is_restored_by_its_record(self):
        clear = self.keyed()
        self.edit("cut.mkv", "-c", "copy", before=["-ss", 0.4, "-t", 0.4])
        summary, lines = self.restored("cut.mkv")
        back = frame_hashes(self.folder / "back.mkv")
        begin = clear.index(back[0])  # about ten frames from the tenth on, as ffmpeg cuts
        self.assertIn(begin, (9, 10))
        self.assertEqual(back, clear[begin : begin + len(back)])
        self.assertIn(len(back), (10, 11))
        self.assertEqual(summary["frames"], len(back))
        self.assertTrue(any(f"has {len(back)} of the 25 frames that were covered" in line for line in lines), lines)
        self.assertFalse(any("searched" in line for line in lines), lines)
        # Frames left out in the middle, and all of them backwards: the record knows each.
        self.edit("dropped.mkv", "-vf", "select='not(between(n,7,11))'", "-fps_mode", "passthrough", "-c:v", "ffv1", "-c:a", "copy")
        _, lines = self.restored("dropped.mkv")
        self.assertEqual(frame_hashes(self.folder / "back.mkv"), clear[:7] + clear[12:])
        self.assertFalse(any("searched" in line for line in lines), lines)
        self.edit("backwards.mkv", "-vf", "reverse", "-c:v", "ffv1", "-c:a", "copy")
        self.restored("backwards.mkv")
        self.assertEqual(frame_hashes(self.folder / "back.mkv"), clear[::-1])

    def test_an_edited_keyed_video_is_searched_where_its_record_does_not_know_it(self):
        clear = self.keyed()
        mark = "drawbox=x=88:y=0:w=8:h=8:color=white:t=fill"  # where no face is
        marked = self.folder / "marked.mkv"
        ffmpeg("-i", self.folder / "in.mp4", "-vf", "scale=flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp,format=bgr0," + mark,
               "-c:v", "ffv1", "-an", marked)
        expected = frame_hashes(marked)
        self.assertNotEqual(expected, clear)
        for name, before in (("whole.mkv", []), ("part.mkv", ["-ss", 0.4])):
            self.edit(name, "-vf", mark, "-c:v", "ffv1", "-c:a", "copy", before=before)
            summary, lines = self.restored(name)
            self.assertEqual(len([line for line in lines if "has been edited: frame 0 is not in its record" in line]), 1, lines)
            back = frame_hashes(self.folder / "back.mkv")
            self.assertEqual(back, expected[-len(back) :], name)
            self.assertEqual(len(back) == 25, name == "whole.mkv")
            self.assertEqual(summary["frames_with_faces"], min(22, len(back)))
        # One frame alone.
        self.edit("one.mkv", "-vf", mark + ":enable='eq(n,12)'", "-c:v", "ffv1", "-c:a", "copy")
        _, lines = self.restored("one.mkv")
        self.assertTrue(any("frame 12 is not in its record" in line for line in lines), lines)
        self.assertEqual(frame_hashes(self.folder / "back.mkv"), clear[:12] + [expected[12]] + clear[13:])

    def test_a_face_that_was_changed_is_an_error_in_a_part_of_the_video_too(self):
        self.keyed()
        self.edit("cut.mkv", "-c", "copy", before=["-ss", 0.4])
        ffmpeg("-i", self.folder / "cut.mkv", "-map", 0, "-vf", "drawbox=40:30:2:2:enable='eq(n,3)'", "-c:v", "ffv1", "-c:a", "copy",
               self.folder / "changed.mkv")
        self.restored("cut.mkv")
        _, lines = self.restored("changed.mkv", code=1)
        self.assert_problems(lines, ("changed.mkv", "a face in frame 3", "changed"))

    def test_a_record_that_is_damaged_or_of_a_cropped_video_is_told_and_frames_are_searched(self):
        clear = self.keyed()
        (self.folder / "bauta-regions.jsonl").write_text("nonsense\n")
        ffmpeg("-i", self.folder / "out.mkv", "-map", "0:v", "-c", "copy", "-attach", self.folder / "bauta-regions.jsonl",
               "-metadata:s:t:0", "mimetype=application/jsonl", self.folder / "damaged.mkv")
        _, lines = self.restored("damaged.mkv")
        self.assertTrue(any("its record of regions is none" in line for line in lines), lines)
        self.assertEqual(frame_hashes(self.folder / "back.mkv"), clear)
        self.edit("cropped.mkv", "-vf", "crop=92:76:2:2:exact=1", "-c:v", "ffv1", "-c:a", "copy")
        summary, lines = self.restored("cropped.mkv")
        self.assertTrue(any("another size than its record" in line for line in lines), lines)
        self.assertEqual(summary["frames_with_faces"], 22)

    def test_passphrases_and_recipients_open_by_the_record(self):
        said = {"input": "several random words\n"}
        clear = self.keyed("--passphrase-fd", 0, **said)
        self.restored("out.mkv", "--passphrase-fd", 0, **said)
        self.assertEqual(frame_hashes(self.folder / "back.mkv"), clear)
        _, lines = self.restored("out.mkv", "--passphrase-fd", 0, code=1, input="several other words\n")
        self.assert_problems(lines, ("out.mkv", "another key"))
        self.edit("lost.mkv", "-map", "-0:t", "-c", "copy")
        _, lines = self.restored("lost.mkv", "--passphrase-fd", 0, code=1, **said)
        self.assert_problems(lines, ("lost.mkv", "has lost its record of regions"))
        (self.folder / "out.mkv").unlink()

        self.run_bauta("keygen", "--recipient", "--out", "anna")
        self.run_bauta("keygen", "--recipient", "--out", "bert")
        key = self.key()
        self.keyed("--key-file", key, "--recipient", "anna.pub")
        facts = json.loads(self.run_bauta("info", "out.mkv", "--json")[0])
        self.assertEqual(facts["opens_with"], {"keys": 1, "recipients": 1, "passphrase": False})
        for opener in (key, "anna"):
            self.restored("out.mkv", "--key-file", opener)
            self.assertEqual(frame_hashes(self.folder / "back.mkv"), clear)
        _, lines = self.restored("out.mkv", "--key-file", "bert", code=1)
        self.assert_problems(lines, ("out.mkv", "another key"))

    def test_info_tells_of_videos(self):
        self.keyed()
        facts = json.loads(self.run_bauta("info", "out.mkv", "--json")[0])
        self.assertEqual((facts["kind"], facts["mode"], facts["codec"]), ("video", "keyed", "ffv1"))
        self.assertEqual((facts["frames"], facts["frames_with_faces"], facts["regions"]), (25, 22, 22))
        self.assertEqual(facts["opens_with"], {"keys": 1, "recipients": 0, "passphrase": False})
        facts = json.loads(self.run_bauta("info", "in.mp4", "--json")[0])
        self.assertEqual((facts["kind"], facts["mode"], facts["codec"], facts["frames"]), ("video", "none", "h264", 25))
        self.assertEqual((facts["width"], facts["height"], facts["sound_tracks"], facts["interlaced"]), (96, 80, 1, False))
        (self.folder / "in.mp4").rename(self.folder / "nameless")
        self.assertEqual(json.loads(self.run_bauta("info", "nameless", "--json")[0])["kind"], "video")
        ffmpeg("-i", self.folder / "nameless", "-f", "yuv4mpegpipe", self.folder / "in.y4m")
        self.assertEqual(json.loads(self.run_bauta("info", "in.y4m", "--json")[0])["container"], "y4m")
        (self.folder / "noise.mp4").write_bytes(bytes(range(256)) * 64)
        _, lines = self.run_bauta("info", "noise.mp4", "missing.mkv", code=1)
        self.assert_problems(lines, ("noise.mp4", "is no video"), ("missing.mkv",))
        _, lines = self.run_bauta("info", "out.mkv", code=1, env={"PATH": "/nonexistent"})
        self.assert_problems(lines, ("ffprobe", "is not installed"))


if __name__ == "__main__":
    command_case.main()
