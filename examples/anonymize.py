#!/usr/bin/env python3
"""Hides the faces in a photograph, or puts them back.

    anonymize.py hide photo.png masked.png [--key my.key]      under the key, or, without one, by the model that comes along
    anonymize.py restore masked.png clear.png [--key my.key]

What restoring needs besides the pixels goes into masked.png itself, where `bauta reid` finds it too.
"""

import argparse
import sys

import bauta
import numpy as np
from PIL import Image, PngImagePlugin

parser = argparse.ArgumentParser(description="hide the faces in a photograph, or put them back")
parser.add_argument("what", choices=["hide", "restore"])
parser.add_argument("photo")
parser.add_argument("out")
parser.add_argument("--key", help="a key file, as bauta keygen writes it")
arguments = parser.parse_args()

try:
    key = bauta.Key.from_file(arguments.key) if arguments.key else None
    model = None if key else bauta.Model()
    with Image.open(arguments.photo) as photo:
        record = photo.info.get("bauta")
        picture = np.array(photo.convert("RGB"))
    if arguments.what == "hide":
        mode = "keyed" if key else "open"
        detector = bauta.Detector()
        print(f"detector: {detector.kind}")  # haar knows faces from the front alone
        made = bauta.deidentify(picture, mode, model=model, key=key, detector=detector,
                                progress=lambda done, of: print(f"{done} of {of} faces", file=sys.stderr))
        for region in made.regions:
            print(region, f"written {region.written}, {region.identity}")
        text = PngImagePlugin.PngInfo()
        text.add_itxt("bauta", made.record)
        Image.fromarray(made.picture).save(arguments.out, pnginfo=text)
    else:
        Image.fromarray(bauta.restore(picture, record, model=model, key=key).picture).save(arguments.out)
except bauta.Error as error:
    sys.exit(f"anonymize.py: {arguments.photo}: {error}")
