#!/usr/bin/env python3
"""bauta video as its users meet it: files and pipes of every kind, and what goes wrong with them. Usage: video_test.py PROGRAM
[unittest options]"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time
import unittest

import command_case
from video_case import VideoCase, needs_ffmpeg, probe, streams, times
from video_scenes import ffmpeg


@needs_ffmpeg
class Files(VideoCase):
    def test_sound_subtitles_times_and_colours_are_kept_and_everything_else_is_not(self):
        (self.folder / "words.srt").write_text("1\n00:00:00,100 --> 00:00:00,900\nspoken\n")
        (self.folder / "chapters.txt").write_text(
            ";FFMETADATA1\ntitle=secret\n[CHAPTER]\nTIMEBASE=1/10\nSTART=0\nEND=9\ntitle=secret\n"
        )
        cover = self.folder / "cover.png"
        ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64", "-frames:v", 1, cover)
        clip = self.folder / "in.mp4"
        ffmpeg(
            "-f", "lavfi", "-i", "testsrc2=s=96x80:r=30000/1001:d=1", "-f", "lavfi", "-i", "sine=duration=1",
            "-i", self.folder / "words.srt", "-i", cover, "-i", self.folder / "chapters.txt",
            "-map", "0", "-map", "1", "-map", "2", "-map", "3", "-map_metadata", 4, "-map_chapters", 4,
            "-c:v:0", "libx264", "-c:v:1", "copy", "-disposition:v:1", "attached_pic", "-c:a", "aac", "-c:s", "mov_text",
            "-metadata", "location=+12.34+056.78", "-metadata:s:a:0", "language=deu", "-metadata:s:v:0", "title=secret",
            "-filter:v:0", "setparams=range=pc:colorspace=bt709:color_primaries=bt709:color_trc=bt709", "-pix_fmt:v:0", "yuvj420p",
            clip,
        )
        for name in ("out.mp4", "out.mkv", "out.mov"):
            _, lines = self.video(clip, "--out", self.folder / name)
            self.assertTrue(any("attached picture" in line for line in lines), lines)
            out = streams(self.folder / name)
            self.assertEqual([stream["codec_type"] for stream in out], ["video", "audio", "subtitle"], name)
            if not name.endswith(".mov"):  # QuickTime's own codes of languages have no German for ffmpeg
                self.assertEqual(out[1]["tags"]["language"], "deu")
            self.assertEqual(out[1]["codec_name"], "aac")
            self.assertEqual(out[0]["color_range"], "pc")
            self.assertEqual((out[0]["color_space"], out[0]["color_primaries"], out[0]["color_transfer"]), ("bt709",) * 3)
            self.assertNotIn(b"secret", (self.folder / name).read_bytes())
            self.assertNotIn(b"+12.34", (self.folder / name).read_bytes())
            self.assertEqual(probe(self.folder / name, "-show_chapters")["chapters"], [])
            # Sound bit for bit.
            sounds = []
            for path in (clip, self.folder / name):
                ffmpeg("-i", path, "-map", "0:a", "-c", "copy", "-f", "adts", self.folder / "sound.aac")
                sounds.append((self.folder / "sound.aac").read_bytes())
            self.assertEqual(sounds[0], sounds[1])
            lag = [times(path)[0] - max(0, times(path, "a:0")[0]) for path in (clip, self.folder / name)]
            self.assertAlmostEqual(lag[0], lag[1], delta=0.03)
            for before, after in zip(times(clip), times(self.folder / name), strict=True):
                self.assertAlmostEqual(before - times(clip)[0], after - times(self.folder / name)[0], delta=0.0011)

    def test_frames_at_irregular_times_keep_them_exactly(self):
        clip = self.clip("in.mp4", "-vf", "select='not(eq(mod(n,7),3))*not(between(n,9,14))',setpts=PTS+mod(N*N\\,5)/500/TB",
                         "-fps_mode", "passthrough", "-c:v", "libx264", "-video_track_timescale", "90000")
        self.video(clip, "--out", "out.mp4")
        self.assertGreater(len(set(round(b - a, 4) for a, b in zip(times(clip), times(clip)[1:]))), 2)
        self.assertEqual(times(self.folder / "out.mp4"), times(clip))

    def test_a_video_that_does_not_begin_at_zero_keeps_sound_and_pictures_together(self):
        clip = self.folder / "in.mkv"
        ffmpeg("-f", "lavfi", "-i", "testsrc2=s=96x80:r=25:d=1", "-f", "lavfi", "-i", "sine=duration=1.4", "-filter_complex",
               "[0:v]setpts=PTS+5.4/TB[v];[1:a]asetpts=PTS+5/TB[a]", "-map", "[v]", "-map", "[a]", "-fps_mode", "passthrough",
               "-copyts", "-c:a", "flac", clip)
        before = times(clip)[0] - times(clip, "a:0")[0]
        self.assertAlmostEqual(before, 0.4, delta=0.002)
        self.video(clip, "--out", "out.mkv")
        after = times(self.folder / "out.mkv")[0] - times(self.folder / "out.mkv", "a:0")[0]
        self.assertAlmostEqual(after, before, delta=0.002)

    def test_rotation_is_applied(self):
        clip = self.clip("plain.mp4", "-c:v", "libx264")
        turned = self.folder / "in.mp4"
        # The display matrix's bytes in the track header: what a phone held upright writes.
        data = bytearray(clip.read_bytes())
        at = data.index(b"tkhd") + 4 + 40
        data[at : at + 36] = b"".join(
            value.to_bytes(4, "big", signed=True) for value in (0, 65536, 0, -65536, 0, 0, 80 << 16, 0, 1 << 30)
        )
        turned.write_bytes(data)
        self.assertTrue(any("Display Matrix" in str(stream) for stream in streams(turned)))
        self.video(turned, "--out", "out.mp4")
        out = streams(self.folder / "out.mp4")[0]
        self.assertEqual((out["width"], out["height"]), (80, 96))
        self.assertNotIn("Display Matrix", str(out))

    def test_outside_of_the_faces_nothing_changes_where_the_codec_is_lossless(self):
        clip = self.clip("in.mkv", "-c:v", "ffv1", "-pix_fmt", "yuv422p")
        self.video(clip, "--out", "out.mkv", "--codec", "ffv1")
        self.assertEqual(streams(self.folder / "out.mkv")[0]["pix_fmt"], "yuv422p")
        planes = []
        for path in (clip, self.folder / "out.mkv"):
            ffmpeg("-i", path, "-f", "rawvideo", "-pix_fmt", "yuv422p", self.folder / "raw")
            planes.append((self.folder / "raw").read_bytes())
        self.assertEqual(len(planes[0]), len(planes[1]))
        changed = [i % (96 * 80 * 2) for i, (a, b) in enumerate(zip(*planes)) if a != b]
        luma = [(i % 96, i // 96) for i in changed if i < 96 * 80]
        self.assertGreater(len(luma), 25 * 900)
        # Smoothed and grown where it was not found, about its place: never far from it.
        self.assertGreaterEqual(min(x for x, _ in luma), 10)
        self.assertLess(max(x for x, _ in luma), 64)

    def test_a_face_of_the_table_is_held_and_the_mosaic_keeps_its_colours(self):
        clip = self.clip("in.mkv", "-c:v", "ffv1", "-pix_fmt", "yuv444p")
        self.run_bauta("video", clip, "--out", "out.mkv", "--codec", "ffv1", "--boxes", self.boxes_for([12]), "--hold", 0.2)
        raw = self.folder / "raw"
        ffmpeg("-i", self.folder / "out.mkv", "-f", "rawvideo", "-pix_fmt", "yuv444p", raw)
        out, size = raw.read_bytes(), 96 * 80 * 3
        ffmpeg("-i", clip, "-f", "rawvideo", "-pix_fmt", "yuv444p", raw)
        clear = raw.read_bytes()
        same = [out[n * size : (n + 1) * size] == clear[n * size : (n + 1) * size] for n in range(25)]
        self.assertEqual([n for n in range(25) if not same[n]], list(range(7, 18)))
        middle = [out[n * size + 30 * 96 + 30] for n in range(7, 18)]
        self.assertEqual(len(set(middle)), 1, "colours were taken anew")

    def test_a_face_that_comes_in_from_outside_of_the_picture_is_covered(self):
        clip = self.clip("in.mkv", "-c:v", "ffv1", "-pix_fmt", "yuv444p")
        boxes = self.folder / "outside.tsv"
        rows = [(n, -200 + 12 * n, 16, 32, 32) for n in range(25)]
        boxes.write_text("frame\tbx\tby\tbw\tbh\n" + "".join("\t".join(map(str, row)) + "\n" for row in rows))
        summary = json.loads(self.run_bauta("video", clip, "--out", "out.mkv", "--codec", "ffv1", "--boxes", boxes, "--hold", 0,
                                            "--json")[0])
        self.assertEqual(summary["faces"], 1)
        self.assertGreaterEqual(summary["frames_with_faces"], 10)
        self.assertEqual(summary["covers_found"], sum(-32 < x < 96 for _, x, *_ in rows))

    def test_lines_exit_codes_and_nothing_half_written(self):
        clip = self.clip("in.mp4", "-c:v", "libx264", sound=True)
        out = self.folder / "out.mp4"
        self.run_bauta("video", clip, "--out", out, "--boxes", self.boxes_for([]), code=1)
        self.assertEqual(self.outputs(), [])
        self.run_bauta("video", clip, "--out", out, "--boxes", self.boxes_for([]), "--allow-no-face")
        self.assertEqual(len(times(out)), 25)
        _, lines = self.video(clip, "--out", out, code=1)
        self.assert_problems(lines, (out, "exists", "--force"))
        self.video(clip, "--out", out, "--force")
        _, lines = self.video(clip, "--out", clip, "--force", code=1)
        self.assert_problems(lines, (clip, "its own input", "name another file"))
        for name, *parts in (("out.avi", "no video format that bauta writes"), ("out", "no video format")):
            _, lines = self.video(clip, "--out", name, code=1)
            self.assert_problems(lines, (name, *parts))
        _, lines = self.video(clip, "--out", "out.webm", code=1)
        self.assert_problems(lines, ("out.webm", "cannot hold the sound", "aac", ".mkv"))
        _, lines = self.video(clip, "--out", "out.mov", "--codec", "ffv1", code=1)
        self.assert_problems(lines, ("out.mov", "cannot hold ffv1"))
        noise = self.folder / "noise.mp4"
        noise.write_bytes(bytes(range(256)) * 64)
        _, lines = self.video(noise, "--out", "out.mkv", code=1)
        self.assert_problems(lines, (noise, "is no video that ffmpeg can read"))
        _, lines = self.video("missing.mp4", "--out", "out.mkv", code=1)
        self.assert_problems(lines, ("missing.mp4",))
        sound = self.folder / "sound.m4a"
        ffmpeg("-i", clip, "-vn", "-c", "copy", sound)
        _, lines = self.video(sound, "--out", "out.mkv", code=1)
        self.assert_problems(lines, (sound, "has no video"))
        playlist = self.folder / "list.m3u8"
        playlist.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://localhost:1/x.ts\n#EXT-X-ENDLIST\n")
        _, lines = self.video(playlist, "--out", "out.mkv", code=1)
        self.assertEqual(len(lines), 1, lines)
        half = self.folder / "half.mkv"
        self.clip("whole.mkv", "-c:v", "libx264", "-g", 5, seconds=4)
        half.write_bytes((self.folder / "whole.mkv").read_bytes()[: (self.folder / "whole.mkv").stat().st_size // 2])
        _, lines = self.video(half, "--out", "out.mkv", code=1)
        self.assertTrue(any("could not read all of it" in line or "no video" in line or "to its end" in line for line in lines),
                        lines)
        empty = {"PATH": "/nonexistent"}
        _, lines = self.video(clip, "--out", "out2.mp4", code=1, env=empty)
        self.assert_problems(lines, ("ffprobe", "is not installed", "ffmpeg"))
        self.assertNotIn("out2.mp4", self.outputs())

    def test_a_killed_run_leaves_nothing_and_a_dying_ffmpeg_is_an_error(self):
        clip = self.clip("in.mp4", "-c:v", "libx264", "-preset", "ultrafast", size="640x480", seconds=20)
        boxes = self.boxes_for(range(500))
        run = subprocess.Popen([command_case.program, "video", str(clip), "--out", str(self.folder / "out.mp4"), "--boxes",
                                str(boxes), "--preset", "slower", "--quiet"])
        time.sleep(0.7)
        run.send_signal(signal.SIGKILL)
        run.wait()
        self.assertEqual(self.outputs(), [])
        # An ffmpeg that ends badly half-way, as decoder and as encoder.
        fake = self.folder / "bin"
        fake.mkdir()
        (fake / "ffprobe").symlink_to(shutil.which("ffprobe"))
        for victim, part in (("pipe:1", "ffmpeg"), ("pipe:0", "could not write it")):
            (fake / "ffmpeg").write_text(
                f'#!/bin/sh\ncase "$*" in *{victim}*) {shutil.which("ffmpeg")} "$@" & child=$!; sleep 0.4; kill -9 $child; '
                f'echo it broke >&2; exit 9;; *) exec {shutil.which("ffmpeg")} "$@";; esac\n'
                if victim == "pipe:1" else
                f'#!/bin/sh\ncase "$*" in *{victim}*) head -c 3000000 >/dev/null; echo it broke >&2; exit 9;; '
                f'*) exec {shutil.which("ffmpeg")} "$@";; esac\n')
            (fake / "ffmpeg").chmod(0o755)
            _, lines = self.run_bauta("video", clip, "--out", self.folder / "out.mp4", "--boxes", boxes, "--quiet", code=1,
                                      env={"PATH": f"{fake}:/usr/bin:/bin"})
            self.assert_problems(lines, (part, "it broke"))
            self.assertEqual(self.outputs(), [])

    def test_a_full_disk_is_an_error(self):
        clip = self.clip("in.mp4", "-c:v", "libx264", size="640x480", seconds=4)
        boxes = self.boxes_for(range(100))
        # A limit on the size of files stands in for a disk that is full.
        run = subprocess.run(
            ["bash", "-c", f'ulimit -f 40; exec "{command_case.program}" video "{clip}" --out out.mkv --boxes '
             f'"{boxes}" --codec ffv1 --quiet'], cwd=self.folder, capture_output=True, text=True, timeout=300)
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertIn("ffmpeg could not write it", run.stderr)
        self.assertEqual(self.outputs(), [])


@needs_ffmpeg
class Interrupted(VideoCase):
    """Ctrl-C and SIGTERM."""

    def start(self, *arguments, **options):
        return subprocess.Popen([command_case.program, "video", *map(str, arguments)], cwd=self.folder, start_new_session=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def ffmpegs(self):
        """Those that work on this test's files."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "cmdline").read_bytes()
                given = [os.readlink(link) for link in (process / "fd").glob("*")] if words.startswith(b"ffmpeg") else []
            except OSError:
                continue
            if words.startswith(b"ffmpeg") and (os.fsencode(self.folder) in words or any(str(self.folder) in path for path in given)):
                found.append(process.name)
        return found

    def wait_for(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)

    @staticmethod
    def catches(run, number):
        """Whether the program has a handler for the signal just now."""
        status = pathlib.Path(f"/proc/{run.pid}/status").read_text()
        return int(status.split("SigCgt:")[1].split()[0], 16) >> (number - 1) & 1 == 1

    @staticmethod
    def waits(run):
        """Whether all of its threads have waited for a while."""
        for _ in range(10):
            for thread in pathlib.Path(f"/proc/{run.pid}/task").iterdir():
                if (thread / "stat").read_text().rsplit(")", 1)[1].split()[0] != "S":
                    return False
            time.sleep(0.03)
        return True

    def long_clip(self):
        clip = self.clip("in.mp4", "-c:v", "libx264", "-preset", "ultrafast", size="640x480", seconds=30)
        return [clip, "--boxes", self.boxes_for(range(750)), "--preset", "slower"]

    def test_either_signal_ends_it_in_good_order(self):
        arguments = self.long_clip()
        for send, out, number in ((os.killpg, "out.mp4", signal.SIGINT), (os.kill, "out.mkv", signal.SIGTERM)):
            run = self.start(*arguments, "--out", self.folder / out, "--json", "--report", "told.json", "--force")
            self.wait_for(lambda: len(self.ffmpegs()) == 2)
            send(run.pid, number)
            stdout, stderr = run.communicate(timeout=20)
            self.assertEqual(run.returncode, 1, stderr)
            lines = [line for line in stderr.decode().splitlines() if "interrupted" in line]
            self.assertEqual(len(lines), 1, stderr)
            self.assertRegex(lines[0], r"in\.mp4: interrupted after \d+ frames?, nothing is written; run it again$")
            summary = json.loads(stdout)
            self.assertIsNone(summary["output"])
            self.assertIn("interrupted", summary["stopped"])
            told = json.loads((self.folder / "told.json").read_text())
            self.assertEqual((told["stopped"], told["output"]), (summary["stopped"], None))
            self.assertEqual(self.outputs(), [])
            self.assertEqual(self.ffmpegs(), [])

    def test_restoring_is_interrupted_alike(self):
        key, clip = self.key(), self.clip("in.mp4", "-c:v", "libx264", "-preset", "ultrafast", size="320x240", seconds=8)
        self.run_bauta("video", clip, "--out", "keyed.mkv", "--boxes", self.boxes_for(range(200)), "--key-file", key)
        run = self.start(self.folder / "keyed.mkv", "--out", self.folder / "out.mp4", "--restore", "--key-file", key, "--preset", "slower")
        self.wait_for(lambda: len(self.ffmpegs()) == 2)
        run.send_signal(signal.SIGINT)
        _, stderr = run.communicate(timeout=20)
        self.assertEqual(run.returncode, 1, stderr)
        self.assertIn(b"keyed.mkv: interrupted after", stderr)
        self.assertEqual((self.outputs(), self.ffmpegs()), ([], []))

    def test_who_waits_for_a_pipe_that_says_nothing_is_interrupted_too(self):
        header, frame = b"YUV4MPEG2 W48 H40 F25:1 Ip A1:1 C420jpeg\n", b"FRAME\n" + bytes(48 * 60)
        run = self.start("-", "--out", self.folder / "out.y4m", "--boxes", self.boxes_for([0]), stdin=subprocess.PIPE)
        run.stdin.write(header + 2 * frame + frame[:20])
        run.stdin.flush()
        self.wait_for(lambda: self.catches(run, signal.SIGTERM) and self.waits(run))
        run.send_signal(signal.SIGTERM)
        run.wait(timeout=20)
        self.assertEqual(run.returncode, 1)
        self.assertIn(b"interrupted", run.stderr.read())
        self.assertEqual(self.outputs(), [])
        for stream in (run.stdin, run.stdout, run.stderr):
            stream.close()

    def test_the_second_signal_kills(self):
        # Nobody reads what it writes: it cannot end in good order.
        header, frame = b"YUV4MPEG2 W480 H400 F25:1 Ip A1:1 C420jpeg\n", b"FRAME\n" + bytes(480 * 600)
        run = self.start("-", "--out", "-", "--boxes", self.boxes_for([0]), "--hold", 0, stdin=subprocess.PIPE)
        feeder = threading.Thread(target=self.feed, args=(run.stdin, header + 200 * frame))
        feeder.start()
        self.assertEqual(os.read(run.stdout.fileno(), 9), header[:9])
        self.wait_for(lambda: self.catches(run, signal.SIGINT) and self.waits(run))
        run.send_signal(signal.SIGINT)
        self.wait_for(lambda: not self.catches(run, signal.SIGINT))
        run.send_signal(signal.SIGINT)
        self.assertEqual(run.wait(timeout=20), -signal.SIGINT)
        feeder.join()
        for stream in (run.stdout, run.stderr):
            stream.close()

    @staticmethod
    def feed(pipe, data):
        with contextlib.suppress(BrokenPipeError), pipe:
            pipe.write(data)


class Pipes(VideoCase):
    def y4m(self, frames=6, header=b"YUV4MPEG2 W48 H40 F25:1 Ip A1:1 C420jpeg\n"):
        frame = bytes((x * 7 + y * 5) % 200 for y in range(60) for x in range(48))
        return header + b"".join(b"FRAME\n" + bytes((value + n) % 256 for value in frame) for n in range(frames))

    def pipe(self, data, *arguments, code=0):
        boxes = self.boxes_for([0, 5], (8, 8, 16, 16))
        run = subprocess.run([command_case.program, "video", "-", "--out", "-", "--boxes", str(boxes), *arguments],
                             input=data, capture_output=True, timeout=60, env={**os.environ, "PATH": "/nonexistent"})
        self.assertEqual(run.returncode, code, run.stderr)
        return run.stdout, run.stderr.decode().splitlines()

    def test_y4m_goes_through_without_ffmpeg(self):
        data = self.y4m()
        out, _ = self.pipe(data)
        self.assertEqual(len(out), len(data))
        self.assertTrue(out.startswith(data[: data.index(b"\n")]))
        size = 6 + 48 * 60
        begin = data.index(b"\n") + 1
        for n in range(6):
            before, after = (stream[begin + n * size : begin + (n + 1) * size] for stream in (data, out))
            for y in range(40):
                for x in range(48):
                    at = 6 + y * 48 + x
                    if not (2 <= x < 30 and 2 <= y < 30):
                        self.assertEqual(before[at], after[at], (n, x, y))
            block = {after[6 + y * 48 + x] for y in range(8, 12) for x in range(8, 12)}
            self.assertLessEqual(len(block), 4)

    def test_what_is_no_y4m_is_one_line_and_an_exit_code(self):
        data = self.y4m()
        for broken, part in ((b"", "is empty"), (data[:-9], "ends within its frame 5"),
                             (data.replace(b"C420jpeg", b"C420p10"), "C420p10"), (b"GIF89a" + data, "no YUV4MPEG2")):
            out, lines = self.pipe(broken, code=1)
            self.assertEqual(len([line for line in lines if part in line]), 1, lines)

    def test_a_rate_beyond_all_measure_costs_no_memory(self):
        data = self.y4m().replace(b"F25:1", b"F2000000000:1")
        out, _ = self.pipe(data)
        self.assertEqual(len(out), len(data))

    def test_a_reader_that_leaves_is_told_as_an_error(self):
        boxes = self.boxes_for([0])
        run = subprocess.run(
            ["bash", "-c", f'"$0" video - --out - --boxes "{boxes}" --hold 0 | head -c 9; exit ${{PIPESTATUS[0]}}',
             command_case.program], input=self.y4m(400), capture_output=True, timeout=60)
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertIn(b"standard output: cannot be written to", run.stderr)


if __name__ == "__main__":
    command_case.main()
