"""Clips made of the public-domain photograph that comes with the default model, on which it is known in every frame where the
faces are. Made by ffmpeg, read with nothing but Python's own library."""

import math
import pathlib
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PORTRAIT = SOURCE / "models/face-128/demo.png"  # its left third, 320 x 320
FACE = (114, 49, 52, 61)  # in it, from the hair to the chin, labelled by hand
GREY = 126  # luma of --cover fill
WIDTH, HEIGHT, FRAMES = 480, 360, 60


def ffmpeg(*arguments, **options):
    return subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)], check=True, timeout=300, **options
    )


def luma_frames(path):
    """The frames of a y4m file of 420, their luma rows."""
    data = path.read_bytes()
    at = data.index(b"\n") + 1
    size = WIDTH * HEIGHT * 3 // 2
    while at < len(data):
        assert data[at : at + 6] == b"FRAME\n"
        yield data[at + 6 : at + 6 + WIDTH * HEIGHT]
        at += 6 + size


class Scene:
    """A clip of portraits on a grey background: x, y and scale of each as functions of the frame, and what lies over them."""

    def __init__(self, portraits, over="null", hidden=lambda n: False):
        self.portraits, self.over, self.hidden = portraits, over, hidden

    def make(self, path):
        chain = [f"color=c=0x708090:s={WIDTH}x{HEIGHT}:r=30:d={FRAMES / 30},format=yuv444p[v0]"]
        for i, (x, y, scale) in enumerate(self.portraits):
            # Frame by frame, since scale's own variables differ between versions: a size for each frame.
            def table(value):
                return "+".join(f"{'gte' if n == FRAMES - 1 else 'eq'}(n,{n})*({value(n)})" for n in range(FRAMES))

            side = table(lambda n: 2 * round(160 * scale(n)))
            places = [table(lambda n: round(at(n))) for at in (x, y)]
            chain.append(
                f"movie={PORTRAIT}:loop=0,setpts=N/30/TB,crop=320:320:0:0,trim=end_frame={FRAMES},"
                f"scale=w='{side}':h='{side}':eval=frame:flags=bicubic[p{i}]"
            )
            chain.append(f"[v{i}][p{i}]overlay=x='{places[0]}':y='{places[1]}':eval=frame:shortest=0[v{i + 1}]")
        chain.append(f"[v{len(self.portraits)}]{self.over},format=yuv420p[out]")
        ffmpeg("-filter_complex", ";".join(chain), "-map", "[out]", "-frames:v", FRAMES, "-f", "yuv4mpegpipe", path)

    def truth(self, n):
        """The faces' boxes in a frame, as far as they are in the picture."""
        for x, y, scale in self.portraits:
            side = 2 * round(160 * scale(n)) / 320
            left, top = round(x(n)) + FACE[0] * side, round(y(n)) + FACE[1] * side
            box = (max(0, left), max(0, top), min(WIDTH, left + FACE[2] * side), min(HEIGHT, top + FACE[3] * side))
            if box[2] - box[0] >= 1 and box[3] - box[1] >= 1 and not self.hidden(n):
                yield tuple(map(int, box))


SCENES = {
    "moving": Scene([(lambda n: 60 + 80 * math.sin(n / 9), lambda n: 20 + 15 * math.cos(n / 7), lambda n: 1)]),
    "entering and leaving": Scene([(lambda n: -330 + 14 * n, lambda n: 30, lambda n: 1)]),
    "from above": Scene([(lambda n: 100, lambda n: -230 + 9 * n, lambda n: 0.9)]),
    "nearer": Scene([(lambda n: 120 - n, lambda n: 100 - 2 * n, lambda n: 0.66 + 0.02 * n)]),
    # A bar across it, wholly before the eyes for a third of a second.
    "occluded": Scene(
        [(lambda n: 60 + 2 * n, lambda n: 20, lambda n: 1)],
        "drawbox=x=0:y=60:w=iw:h=60:color=black:t=fill:enable='between(n,25,34)'",
    ),
    "passing behind": Scene(
        [(lambda n: -40 + 5 * n, lambda n: 30, lambda n: 1)], "drawbox=x=200:y=0:w=44:h=ih:color=0x203040:t=fill"
    ),
    "crossing": Scene(
        [(lambda n: -60 + 5 * n, lambda n: 20, lambda n: 0.8), (lambda n: 300 - 5 * n, lambda n: 60, lambda n: 0.7)]
    ),
    # So dark for half a second that the detector sees nothing, while it moves on.
    "dark": Scene(
        [(lambda n: 40 + 3 * n, lambda n: 20, lambda n: 1)], "eq=brightness=-0.42:contrast=0.03:saturation=0:enable='between(n,20,34)'"
    ),
}
