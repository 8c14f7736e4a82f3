"""Writes evaluation.safetensors: what scikit-image and scikit-learn measure, and anonymization accuracy in
plain Python, for bauta's measures to be compared with. Layout: README.md.

    python tests/golden/generate_evaluation.py
"""

import json
import pathlib

import numpy as np
from safetensors.numpy import save_file
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn.metrics import roc_auc_score, roc_curve

HERE = pathlib.Path(__file__).resolve().parent

HEIGHT, WIDTH = 57, 64
BOX = {"x": 13, "y": 9, "width": 37, "height": 41}
BLOCK = 5
THRESHOLDS = [0, 50, 200, 1000, 4000]


# ---------------------------------------------------------------------------------------- pictures


def waves(random):
    """Waves of several lengths, edges and some grain: smooth and complex places."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    picture = np.zeros((HEIGHT, WIDTH, 3))
    for c in range(3):
        for _ in range(5):
            fx, fy = random.uniform(-0.5, 0.5, 2)
            picture[..., c] += 22 * np.sin(fx * x + fy * y + random.uniform(0, 6))
    picture += 128 + 60 * ((x // 16 + y // 19) % 2)[..., None] - 30
    picture += (x > WIDTH / 2)[..., None] * 9 * random.standard_normal(picture.shape)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def box_of(picture):
    return picture[BOX["y"] : BOX["y"] + BOX["height"], BOX["x"] : BOX["x"] + BOX["width"]]


def mosaic(picture):
    result = picture.copy()
    face = box_of(result)
    for top in range(0, BOX["height"], BLOCK):
        for left in range(0, BOX["width"], BLOCK):
            block = face[top : top + BLOCK, left : left + BLOCK]
            block[:] = np.floor(block.reshape(-1, 3).mean(axis=0) + 0.5).astype(np.uint8)
    return result


def luma(picture):
    """BT.601 in 14-bit fixed point, as OpenCV."""
    r, g, b = (picture[..., c].astype(np.int64) for c in range(3))
    return ((4899 * r + 9617 * g + 1868 * b + 8192) >> 14).astype(np.uint8)


# ---------------------------------------------------------------------------------------- measures


def ssim(a, b, **options):
    return float(
        structural_similarity(
            a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255, **options
        )
    )


def quality(a, b):
    return {
        "psnr": float(peak_signal_noise_ratio(a, b, data_range=255)),
        "psnr_box": float(peak_signal_noise_ratio(box_of(a), box_of(b), data_range=255)),
        "ssim_luma": ssim(luma(a), luma(b)),
        "ssim_rgb": ssim(a, b, channel_axis=-1),
        "ssim_luma_box": ssim(luma(box_of(a)), luma(box_of(b))),
        "ssim_rgb_box": ssim(box_of(a), box_of(b), channel_axis=-1),
    }


def complexity(picture):
    """Equation 5, letter by letter."""
    grey = luma(picture)
    result = np.zeros((HEIGHT, WIDTH))
    for y in range(HEIGHT):
        for x in range(WIDTH):
            gradients = []
            for ny in (y - 1, y, y + 1):
                for nx in (x - 1, x, x + 1):
                    if (ny, nx) != (y, x):
                        neighbour = grey[min(max(ny, 0), HEIGHT - 1), min(max(nx, 0), WIDTH - 1)]
                        gradients.append(int(neighbour) - int(grey[y, x]))
            mean = sum(gradients) / 8
            result[y, x] = sum((d - mean) ** 2 for d in gradients)
    return result


def accuracy(before, after, threshold):
    right = {"whole_picture": 0, "face_only": 0, "as_printed": 0}
    complex_in_face = complex_in_picture = 0
    for y in range(HEIGHT):
        for x in range(WIDTH):
            was, now = before[y, x] > threshold, after[y, x] > threshold
            inside = 0 <= x - BOX["x"] < BOX["width"] and 0 <= y - BOX["y"] < BOX["height"]
            complex_in_picture += was
            complex_in_face += was and inside
            if inside and was and not now:
                for reading in right:
                    right[reading] += 1
            if not inside and was and now:
                right["whole_picture"] += 1
            if not inside and not was and not now:
                right["as_printed"] += 1
    return {
        "threshold": threshold,
        "whole_picture": right["whole_picture"] / complex_in_picture,
        "face_only": right["face_only"] / complex_in_face,
        "as_printed": right["as_printed"] / complex_in_picture,
    }


def tar_at_far(far, tar, limit):
    return max(t for f, t in zip(far, tar) if f <= limit)


def equal_error_rate(far, tar):
    for i in range(1, len(far)):
        before, after = far[i - 1] + tar[i - 1] - 1, far[i] + tar[i] - 1
        if after >= 0:
            return far[i - 1] + (far[i] - far[i - 1]) * -before / (after - before)


def verification(genuine, impostor):
    labels = [1] * len(genuine) + [0] * len(impostor)
    scores = np.concatenate([genuine, impostor])
    far, tar, _ = roc_curve(labels, scores, drop_intermediate=False)
    return {
        "auc": float(roc_auc_score(labels, scores)),
        "eer": float(equal_error_rate(far, tar)),
        "tar_at_far_1pct": float(tar_at_far(far, tar, 0.01)),
        "tar_at_far_01pct": float(tar_at_far(far, tar, 0.001)),
        "far": far.tolist(),
        "tar": tar.tolist(),
    }


# ---------------------------------------------------------------------------------------- the file


def main():
    random = np.random.RandomState(1)
    clear = waves(random)
    noise = 12 * random.standard_normal(clear.shape)
    noisy = np.clip(np.rint(clear + noise), 0, 255).astype(np.uint8)
    pictures = {"clear": clear, "noisy": noisy, "mosaic": mosaic(clear), "other": waves(random)}
    before, after = complexity(clear), complexity(pictures["mosaic"])

    # rounded: ties within and between the two kinds
    genuine = np.round(random.normal(0.6, 0.2, 300), 2)
    impostor = np.round(random.normal(0.1, 0.2, 2500), 2)

    case = {
        "box": BOX,
        "quality": {name: quality(clear, pictures[name]) for name in ("noisy", "mosaic", "other")},
        "accuracy": [accuracy(before, after, threshold) for threshold in THRESHOLDS],
        "verification": verification(genuine, impostor),
    }
    arrays = {name: picture.astype(np.float32) for name, picture in pictures.items()}
    arrays |= {"complexity.clear": before.astype(np.float32), "complexity.mosaic": after.astype(np.float32)}
    arrays |= {"genuine": genuine.astype(np.float32), "impostor": impostor.astype(np.float32)}
    path = HERE / "evaluation.safetensors"
    save_file(arrays, path, metadata={"case": json.dumps(case, sort_keys=True)})
    print(f"{path.name}: {len(arrays)} tensors, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
