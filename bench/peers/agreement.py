#!/usr/bin/env python3
"""agreement.py REFERENCE FILE...: for each a line of JSON, {"psnr_dB", "max_difference"}: how far it is from the
reference, in grey levels of 255. Pictures (.png, whole levels) and arrays of levels (.npy). Needs numpy and pillow."""

import argparse
import json
import math


def levels(path):
    import numpy
    from PIL import Image

    return numpy.load(path) if path.endswith(".npy") else numpy.asarray(Image.open(path).convert("RGB"), numpy.float32)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reference")
    parser.add_argument("files", nargs="+")
    arguments = parser.parse_args()
    reference = levels(arguments.reference)
    for path in arguments.files:
        picture = levels(path)
        if picture.shape != reference.shape:
            raise SystemExit(f"{path}: is {picture.shape}, {arguments.reference} is {reference.shape}")
        difference = abs(picture.astype(float) - reference)
        squared = float((difference**2).mean())
        psnr = 10 * math.log10(255**2 / squared) if squared > 0 else math.nan if math.isnan(squared) else math.inf
        print(json.dumps({"psnr_dB": psnr, "max_difference": float(difference.max())}))


if __name__ == "__main__":
    main()
