#!/usr/bin/env python3
"""bauta video --report: what was covered where, frame by frame. Usage: video_report_test.py PROGRAM [unittest options]"""

import csv
import json

import command_case
from video_case import VideoCase, needs_ffmpeg

FOUND = range(0, 25, 5)  # VideoCase.video's boxes


@needs_ffmpeg
class Reports(VideoCase):
    def report(self, name="told.json"):
        return json.loads((self.folder / name).read_text())

    def rows(self, name="told.csv"):
        with (self.folder / name).open(newline="") as file:
            return list(csv.DictReader(file))

    def test_each_frame_is_told_with_its_faces(self):
        clip = self.clip("in.mp4", "-c:v", "libx264")
        stdout, _ = self.video(clip, "--out", "out.mp4", "--report", "told.json", "--json")
        told, summary = self.report(), json.loads(stdout)
        frames = told.pop("faces_by_frame")
        self.assertEqual(told, summary)
        self.assertEqual((told["mode"], told["stopped"], told["problems"]), ("one-way", None, 0))
        self.assertEqual([frame["frame"] for frame in frames], list(range(25)))
        for frame in frames:
            self.assertAlmostEqual(frame["seconds"], frame["frame"] / 25, delta=1e-4)
            self.assertEqual([box["face"] for box in frame["boxes"]], [0])
            box = frame["boxes"][0]
            self.assertEqual(box["score"], 1 if frame["frame"] in FOUND else None)
            self.assertLessEqual(max(box["x"] - 20, box["y"] - 16), 0)
            self.assertGreaterEqual(min(box["x"] + box["width"] - 52, box["y"] + box["height"] - 48), 0)
        self.assertEqual(summary["covers_found"], sum(frame["boxes"][0]["score"] is not None for frame in frames))

        self.video(clip, "--out", "out2.mp4", "--report", "told.csv")
        rows = self.rows()
        self.assertEqual([(row["frame"], row["face"], row["x"], row["width"]) for row in rows],
                         [(str(f["frame"]), "0", str(f["boxes"][0]["x"]), str(f["boxes"][0]["width"])) for f in frames])
        self.assertEqual({row["problems"] for row in rows}, {""})

    def test_frames_without_a_face_are_left_out_and_two_faces_are_two_lines(self):
        clip = self.clip("in.mp4", "-c:v", "libx264", size="320x96")
        boxes = self.folder / "two.tsv"
        boxes.write_text("frame\tbx\tby\tbw\tbh\n" + "".join(f"{n}\t{x}\t20\t32\t32\n" for n in (10, 11) for x in (20, 250)))
        self.run_bauta("video", clip, "--out", "out.mp4", "--boxes", boxes, "--hold", 0.08, "--report", "told.csv")
        rows = self.rows()
        self.assertEqual(sorted({int(row["frame"]) for row in rows}), list(range(8, 14)))
        self.assertEqual([row["face"] for row in rows], ["0", "1"] * 6)

    def test_what_came_back_of_a_keyed_video_is_told_too(self):
        key, clip = self.key(), self.clip("in.mp4", "-c:v", "libx264")
        self.video(clip, "--out", "out.mkv", "--key-file", key, "--report", "hidden.json")
        self.run_bauta("video", "out.mkv", "--out", "out2.mkv", "--key-file", key, "--restore", "--report", "told.json")
        hidden, told = self.report("hidden.json"), self.report()
        self.assertEqual((hidden["mode"], told["mode"], told["frames"]), ("keyed", "restored", 25))
        self.assertEqual([frame["frame"] for frame in told["faces_by_frame"]], list(range(25)))
        for before, after in zip(hidden["faces_by_frame"], told["faces_by_frame"], strict=True):
            self.assertEqual(before["seconds"], after["seconds"])
            for one, other in zip(before["boxes"], after["boxes"], strict=True):
                self.assertEqual(*({side: box[side] for side in ("x", "y", "width", "height")} for box in (one, other)))

    def test_a_run_that_does_not_come_to_its_end_is_told_of(self):
        _, lines = self.video("missing.mp4", "--out", "out.mp4", "--report", "told.json", code=1)
        self.assertEqual(lines, ["bauta: " + self.report()["stopped"]])
        self.assertEqual((self.report()["faces_by_frame"], self.report()["problems"]), ([], 1))
        self.video("missing.mp4", "--out", "out.mp4", "--report", "told.csv", code=1)
        self.assertIn("missing.mp4", self.rows()[-1]["problems"])
        clip = self.clip("in.mp4", "-c:v", "libx264")
        self.run_bauta("video", clip, "--out", "out.mp4", "--boxes", self.boxes_for([]), "--report", "none.json", code=1)
        self.assertEqual((self.report("none.json")["output"], self.report("none.json")["problems"]), (None, 1))
        self.assertIn("no face was found", self.report("none.json")["problem_lines"][0])
        self.run_bauta("video", clip, "--out", "out.mp4", "--boxes", self.boxes_for([]), "--report", "none.csv", code=1)
        self.assertIn("no face was found", self.rows("none.csv")[0]["problems"])

    def test_frames_before_a_stream_broke_off_are_told(self):
        header, frame = b"YUV4MPEG2 W48 H40 F25:1 Ip A1:1 C420jpeg\n", b"FRAME\n" + bytes(48 * 60)
        (self.folder / "in.y4m").write_bytes(header + 40 * frame + frame[:99])
        _, lines = self.video("in.y4m", "--out", "out.y4m", "--hold", 0.1, "--report", "told.json", code=1)
        self.assertIn("ends within its frame 40", self.report()["stopped"])
        self.assertGreater(len(self.report()["faces_by_frame"]), 20)

    def test_boxes_outside_the_picture_are_counted(self):
        clip = self.clip("in.mp4", "-c:v", "libx264")
        boxes = self.folder / "far.tsv"
        boxes.write_text("frame\tbx\tby\tbw\tbh\n0\t20\t20\t32\t32\n0\t-400\t10\t32\t32\n1\t5000\t10\t32\t32\n")
        _, lines = self.run_bauta("video", clip, "--out", "out.mp4", "--boxes", boxes, "--report", "told.json")
        self.assertTrue(any("2 lines of --boxes lie outside the picture" in line for line in lines), lines)
        self.assertEqual(self.report()["boxes_outside"], 2)

    def test_a_report_that_is_there_is_kept_and_one_of_another_kind_refused(self):
        clip = self.clip("in.mp4", "-c:v", "libx264")
        (self.folder / "told.json").write_text("mine")
        _, lines = self.video(clip, "--out", "out.mp4", "--report", "told.json", code=1)
        self.assert_problems(lines, ("told.json", "exists", "--force"))
        self.assertEqual((self.folder / "told.json").read_text(), "mine")
        self.assertEqual(self.outputs(), [])
        _, lines = self.video(clip, "--out", "out.mp4", "--report", "told.txt", code=1)
        self.assert_problems(lines, ("told.txt", "no format by its ending"))
        self.video(clip, "--out", "out.mp4", "--report", "told.json", "--force")
        self.assertEqual(self.report()["frames"], 25)


if __name__ == "__main__":
    command_case.main()
