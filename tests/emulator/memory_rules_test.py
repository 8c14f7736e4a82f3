"""memory_rules_test.py: the card's kernels reach memory only through what the emulator sees. Told by text: shared
arrays are SharedArrays, a kernel's raw pointer goes to read_by_warp alone, and nothing goes around Global."""
import re
import sys
from pathlib import Path

KERNELS = Path(__file__).resolve().parents[2] / "kernels"
COMMENT = re.compile(r"//[^\n]*")
ALIAS = re.compile(r"using\s+(\w+)\s*=\s*SharedArray\s*<")
SHARED = re.compile(r"__shared__\s+([\w:]+)")
KERNEL = re.compile(r"__global__\s[^;{]*\{")
POINTER = re.compile(r"\b(?!const\b)\w+\s*>?\s*\*\s*(?:const\s+)?(\w+)\s*(?=[,)])")
AROUND = re.compile(r"__restrict__|__ldg\s*\(|\batomic[A-Z]\w*\s*\(|\bdata\s*\)?\s*\[|\.floats\(\)\s*[\[+]")


def mistakes(text, arrays):
    """Where and what, arrays being the names of types that are SharedArrays."""
    for found in SHARED.finditer(text):
        if found[1] not in arrays:
            yield found.start(), f"shared memory that is no SharedArray: {found[1]}"
    for found in AROUND.finditer(text):
        yield found.start(), f"memory not through Global: {found[0]}"
    for kernel in KERNEL.finditer(text):
        parameters = kernel[0][re.match(r"__global__\s+void\s*(__launch_bounds__\((?:[^()]|\([^()]*\))*\))?", kernel[0]).end():]
        body = text[kernel.end():text.find("\n}", kernel.end())]
        for name in POINTER.findall(parameters):
            if re.search(rf"(?<!read_by_warp\()\b{name}\b", body):
                yield kernel.start(), f"a raw pointer that does not go to read_by_warp: {name}"


PLANTED = [
    "__global__ void k() {\n  __shared__ float s[20000];\n}\n",
    "__global__ void __launch_bounds__(kThreads, 2)\n    k(Global<float> y, const float* x, int n) {\n  y.write(0, x[n]);\n}\n",
    "__global__ void k(float* x) {\n  x[0] = 1;\n}\n",
    "__global__ void k(View x) {\n  static_cast<float*>(x.data)[0] = 1;\n}\n",
    "__device__ void f(Span<int>* x) {\n  atomicAdd(x, 1);\n}\n",
]
SOUND = ("__global__ void k(Global<float> y, const Box* boxes, int n, Index m = a * b) {\n"
         "  __shared__ Two s;\n  __shared__ SharedArray<Span<int>, kN> t, u;\n  const Box box(read_by_warp(boxes + n));\n}\n")

failures = [f"not noticed: {text}" for text in PLANTED if not list(mistakes(text, {"SharedArray"}))]
failures += [f"false alarm: {words}" for _, words in mistakes(SOUND, {"SharedArray", "Two"})]
texts = {path.name: COMMENT.sub("", path.read_text()) for path in sorted([*KERNELS.glob("*.cu"), *KERNELS.glob("*_gpu.h")])}
arrays = {"SharedArray", *ALIAS.findall("".join(texts.values()))}
for name, text in texts.items():
    failures += [f"{name}:{text.count(chr(10), 0, at) + 1}: {words}" for at, words in mistakes(text, arrays)]
print(f"{len(texts)} files, {len(failures)} failures", *failures, sep="\n")
sys.exit(1 if failures or len(texts) < 20 else 0)
