"""Writes the golden files that bauta's networks and trainer are compared with.

The CycleGAN of Zhu et al. (2017) in PyTorch, written anew with the parameter names of the usual
implementation, so that the files double as a test of loading its checkpoints. Layout: README.md.

    python tests/golden/generate.py            writes the files
    python tests/golden/generate.py --check    writes nothing; says how far float64 is from float32
"""

import argparse
import json
import pathlib

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import nn
from torch.nn import functional as nnf

HERE = pathlib.Path(__file__).resolve().parent


# ---------------------------------------------------------------------------------------- networks


def norm(channels):
    return nn.InstanceNorm2d(channels, eps=1e-5, affine=False)


class ResnetBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        layers = []
        for half in range(2):
            layers += [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), norm(channels)]
            if half == 0:
                layers.append(nn.ReLU())
        self.conv_block = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.conv_block(x)


class ResnetGenerator(nn.Module):
    def __init__(self, ngf, n_blocks, channels=3):
        super().__init__()
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(channels, ngf, 7), norm(ngf), nn.ReLU()]
        for width in (ngf, 2 * ngf):
            layers += [nn.Conv2d(width, 2 * width, 3, stride=2, padding=1), norm(2 * width), nn.ReLU()]
        layers += [ResnetBlock(4 * ngf) for _ in range(n_blocks)]
        for width in (4 * ngf, 2 * ngf):
            up = nn.ConvTranspose2d(width, width // 2, 3, stride=2, padding=1, output_padding=1)
            layers += [up, norm(width // 2), nn.ReLU()]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(ngf, channels, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        return self.model(x)


class NLayerDiscriminator(nn.Module):
    def __init__(self, ndf, n_layers=3, channels=3):
        super().__init__()
        layers = [nn.Conv2d(channels, ndf, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        width = ndf
        for layer in range(1, n_layers + 1):
            wider = ndf * min(2**layer, 8)
            stride = 2 if layer < n_layers else 1
            layers += [nn.Conv2d(width, wider, 4, stride=stride, padding=1), norm(wider), nn.LeakyReLU(0.2)]
            width = wider
        layers.append(nn.Conv2d(width, 1, 4, stride=1, padding=1))
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        return self.model(x)


def idle_biases(network):
    """Names of the biases directly before an instance norm, which subtracts them again: their exact
    gradient is zero, and rounding noise in it would be blown up by Adam to whole learning rates."""
    names = set()
    for prefix, module in network.named_modules():
        if isinstance(module, nn.Sequential):
            for (name, layer), after in zip(module.named_children(), list(module)[1:]):
                if isinstance(after, nn.InstanceNorm2d):
                    names.add(f"{prefix}.{name}.bias")
    return names


def initialize(network, random, deviation, last_deviation, idle_deviation):
    """Draws every parameter from a normal distribution, in the order of the state_dict. `deviation` is
    that of the weights, `last_deviation` of the last convolution's and of the biases that count.
    Freezes idle biases."""
    idle = idle_biases(network)
    last = [name for name, _ in network.named_parameters() if name.endswith("weight")][-1]
    for name, parameter in network.named_parameters():
        inner = name.endswith("weight") and name != last
        scale = deviation if inner else idle_deviation if name in idle else last_deviation
        values = random.standard_normal(tuple(parameter.shape)).astype(np.float32) * np.float32(scale)
        parameter.data = torch.from_numpy(values).to(torch.get_default_dtype())
        parameter.requires_grad_(name not in idle)


def tensors_of(network, prefix=""):
    return {prefix + name: parameter.detach().clone() for name, parameter in network.named_parameters()}


# ---------------------------------------------------------------------------------------- pictures


def uniform(random, *shape):
    return torch.from_numpy(random.uniform(-1, 1, shape).astype(np.float32)).to(torch.get_default_dtype())


def smooth_pictures(random, count, size):
    """Soft blobs with some grain, at 8-bit levels of [-1, 1]."""
    knots = 6
    position = np.linspace(0, knots - 1, size)
    spread = np.maximum(0, 1 - np.abs(position[:, None] - np.arange(knots)[None, :]))
    coarse = random.uniform(-1, 1, (count, 3, knots, knots))
    grain = 0.05 * random.standard_normal((count, 3, size, size))
    pictures = np.einsum("ia,ncab,jb->ncij", spread, coarse, spread) + grain
    levels = np.clip(np.rint((pictures + 1) * 127.5), 0, 255)
    return (levels / 127.5 - 1).astype(np.float32)


def mosaic(pictures, block, random):
    """Block means, with grain: on constant areas many values would stand exactly at a kink of ReLU."""
    count, channels, height, width = pictures.shape
    blocks = pictures.reshape(count, channels, height // block, block, width // block, block)
    means = blocks.mean(axis=(3, 5), keepdims=True)
    means = np.broadcast_to(means, blocks.shape).reshape(pictures.shape)
    return (means + 0.05 * random.standard_normal(pictures.shape)).astype(np.float32)


# ---------------------------------------------------------------------------------------- networks' files


def network_case(network, picture, random, with_gradients):
    picture = picture.clone().requires_grad_(with_gradients)
    output = network(picture)
    tensors = tensors_of(network) | {"input": picture.detach(), "output": output.detach()}
    if with_gradients:
        loss_weight = uniform(random, *output.shape)
        (output * loss_weight).sum().backward()
        tensors["loss_weight"] = loss_weight
        tensors["grad.input"] = picture.grad
        for name, parameter in network.named_parameters():
            if parameter.requires_grad:
                tensors["grad." + name] = parameter.grad
    return tensors


def generator_case():
    random = np.random.RandomState(1)
    network = ResnetGenerator(ngf=4, n_blocks=6)
    initialize(network, random, 0.1, 0.1, 0.1)
    metadata = {"network": "generator", "ngf": 4, "n_blocks": 6}
    return network_case(network, uniform(random, 2, 3, 24, 20), random, True), metadata


def generator9_case():
    random = np.random.RandomState(2)
    network = ResnetGenerator(ngf=2, n_blocks=9)
    initialize(network, random, 0.1, 0.1, 0.1)
    metadata = {"network": "generator", "ngf": 2, "n_blocks": 9}
    return network_case(network, uniform(random, 1, 3, 16, 28), random, False), metadata


def discriminator_case():
    random = np.random.RandomState(3)
    network = NLayerDiscriminator(ndf=4)
    initialize(network, random, 0.1, 0.1, 0.1)
    metadata = {"network": "discriminator", "ndf": 4, "n_layers": 3}
    return network_case(network, uniform(random, 2, 3, 34, 38), random, True), metadata


# ---------------------------------------------------------------------------------------- training


class Pool:
    """The image pool, with its random decisions handed in: -1 returns the new picture (and keeps a
    copy while there is room), i returns the kept picture i and keeps the new one in its place."""

    def __init__(self, size):
        self.size = size
        self.kept = []

    def query(self, picture, decision):
        if len(self.kept) < self.size:
            assert decision == -1
            self.kept.append(picture)
            return picture
        if decision == -1:
            return picture
        old = self.kept[decision]
        self.kept[decision] = picture
        return old


def lsgan(scores, target):
    return nnf.mse_loss(scores, torch.full_like(scores, target))


def training_case(seed, ngf, ndf, lambda_identity, shaken=None):
    steps, constant_steps, pool_size, size, count = 10, 5, 3, 32, 5
    lambda_cycle, lr0 = 10.0, 2e-4
    random = np.random.RandomState(seed)

    networks = {
        "G": ResnetGenerator(ngf, 6),
        "F": ResnetGenerator(ngf, 6),
        "D_X": NLayerDiscriminator(ndf),
        "D_Y": NLayerDiscriminator(ndf),
    }
    for network in networks.values():
        initialize(network, random, 0.5, 0.05, 0.0)
        if shaken is not None:  # for --check: about one unit in the last place
            for p in network.parameters():
                signs = torch.from_numpy(shaken.choice([-1.0, 0.0, 1.0], tuple(p.shape)))
                p.data *= (1 + 1.2e-7 * signs).to(p.dtype)
    G, F, D_X, D_Y = networks.values()

    # the pictures come from a seed of their own: one set for both cases
    picture_random = np.random.RandomState(4)
    pictures_x = smooth_pictures(picture_random, count, size)
    pictures_y = mosaic(smooth_pictures(picture_random, count, size), 4, picture_random)
    decisions = {}
    for name in ("X", "Y"):
        later = [int(random.randint(-1, pool_size)) for _ in range(steps - pool_size)]
        decisions[name] = [-1] * pool_size + later
    decay_steps = steps - constant_steps + 1
    rates = [lr0 * (1 - max(0, step - constant_steps) / decay_steps) for step in range(1, steps + 1)]

    tensors = {"x": torch.from_numpy(pictures_x), "y": torch.from_numpy(pictures_y)}
    tensors |= {"pool_" + name: torch.tensor(d, dtype=torch.float32) for name, d in decisions.items()}
    tensors["lr"] = torch.tensor(rates)
    for name, network in networks.items():
        tensors |= tensors_of(network, f"initial.{name}.")

    def optimizer(*owners):
        parameters = [p for owner in owners for p in owner.parameters() if p.requires_grad]
        return torch.optim.Adam(parameters, lr=lr0, betas=(0.5, 0.999), eps=1e-8, foreach=False)

    generator_optimizer, discriminator_optimizer = optimizer(G, F), optimizer(D_X, D_Y)
    live = [p for D in (D_X, D_Y) for p in D.parameters() if p.requires_grad]
    pools = {"X": Pool(pool_size), "Y": Pool(pool_size)}
    l1 = nnf.l1_loss
    losses = {}

    for step in range(steps):
        x = tensors["x"][step % count : step % count + 1].to(torch.get_default_dtype())
        y = tensors["y"][step % count : step % count + 1].to(torch.get_default_dtype())
        for o in (generator_optimizer, discriminator_optimizer):
            o.param_groups[0]["lr"] = rates[step]

        fake_y, fake_x = G(x), F(y)
        restored_x, restored_y = F(fake_y), G(fake_x)

        for p in live:
            p.requires_grad_(False)
        loss = {
            "G_adv": lsgan(D_Y(fake_y), 1.0),
            "F_adv": lsgan(D_X(fake_x), 1.0),
            "cycle_X": l1(restored_x, x),
            "cycle_Y": l1(restored_y, y),
        }
        if lambda_identity > 0:
            loss["identity_X"] = l1(F(x), x)
            loss["identity_Y"] = l1(G(y), y)
        total = loss["G_adv"] + loss["F_adv"] + lambda_cycle * (loss["cycle_X"] + loss["cycle_Y"])
        if lambda_identity > 0:
            total = total + lambda_cycle * lambda_identity * (loss["identity_X"] + loss["identity_Y"])
        generator_optimizer.zero_grad()
        total.backward()
        generator_optimizer.step()

        for p in live:
            p.requires_grad_(True)
        seen_x = pools["X"].query(fake_x.detach(), decisions["X"][step])
        seen_y = pools["Y"].query(fake_y.detach(), decisions["Y"][step])
        loss["D_X"] = 0.5 * (lsgan(D_X(x), 1.0) + lsgan(D_X(seen_x), 0.0))
        loss["D_Y"] = 0.5 * (lsgan(D_Y(y), 1.0) + lsgan(D_Y(seen_y), 0.0))
        discriminator_optimizer.zero_grad()
        (loss["D_X"] + loss["D_Y"]).backward()
        discriminator_optimizer.step()

        for name, value in loss.items():
            losses.setdefault(name, []).append(value.item())

    tensors |= {"loss." + name: torch.tensor(values, dtype=torch.float64) for name, values in losses.items()}
    for name, network in networks.items():
        prefix = f"final.{name}."
        tensors |= tensors_of(network, prefix)
        for idle in idle_biases(network):
            del tensors[prefix + idle]

    metadata = {
        "ngf": ngf, "n_blocks": 6, "ndf": ndf, "n_layers": 3, "steps": steps, "batch": 1,
        "pictures": "step s (from 0) takes x[s % 5] and y[s % 5]",
        "lambda_cycle": lambda_cycle, "lambda_identity": lambda_identity, "pool_size": pool_size,
        "adam": {"lr": lr0, "beta1": 0.5, "beta2": 0.999, "eps": 1e-8}, "loss": "lsgan",
        "loss.G_adv": "mean((D_Y(G(x)) - 1)^2)",
        "loss.F_adv": "mean((D_X(F(y)) - 1)^2)",
        "loss.cycle_X": "mean|F(G(x)) - x|, unweighted",
        "loss.cycle_Y": "mean|G(F(y)) - y|, unweighted",
        "loss.identity_X": "mean|F(x) - x|, unweighted",
        "loss.identity_Y": "mean|G(y) - y|, unweighted",
        "loss.D_X": "0.5 * (mean((D_X(x) - 1)^2) + mean(D_X(pool_X(F(y)))^2))",
        "loss.D_Y": "0.5 * (mean((D_Y(y) - 1)^2) + mean(D_Y(pool_Y(G(x)))^2))",
    }
    if lambda_identity > 0:  # the same pictures as training.safetensors
        del tensors["x"], tensors["y"]
        metadata["pictures"] += " of training.safetensors"
    return tensors, metadata


# ---------------------------------------------------------------------------------------- files

# The seeds of the two trainings are chosen: most trainings are chaotic. A ReLU that flips by rounding
# changes its filter's gradient by a percent, Adam turns the sign of a small gradient into a whole
# learning rate, and after ten steps two float32 runs are 1e-3 apart. --check shows that these are not.
CASES = {
    "generator": generator_case,
    "generator9": generator9_case,
    "discriminator": discriminator_case,
    "training": lambda **shaken: training_case(20, ngf=4, ndf=3, lambda_identity=0.0, **shaken),
    "training_identity": lambda **shaken: training_case(8, ngf=2, ndf=2, lambda_identity=0.5, **shaken),
}


def write(name):
    tensors, metadata = CASES[name]()
    arrays = {key: np.ascontiguousarray(value.to(torch.float32).numpy()) for key, value in tensors.items()}
    # one string: the order of several metadata entries is not fixed by the library
    path = HERE / f"{name}.safetensors"
    save_file(arrays, path, metadata={"case": json.dumps(metadata, sort_keys=True)})
    print(f"{path.name}: {len(arrays)} tensors, {path.stat().st_size} bytes")


def check(name):
    """float32, and for trainings float32 from initial weights shaken by one unit in the last place,
    against float64."""
    torch.set_default_dtype(torch.float64)
    exact, _ = CASES[name]()
    torch.set_default_dtype(torch.float32)
    runs = [CASES[name]()[0]]
    if name.startswith("training"):
        runs += [CASES[name](shaken=np.random.RandomState(100 + i))[0] for i in range(12)]
    worst = {}
    for key, b in exact.items():
        if key.startswith("initial."):
            continue
        kind = ".".join(key.split(".")[:2]) if key.startswith(("loss.", "final.")) else key.split(".")[0]
        for run in runs:
            difference = (run[key].double() - b.double()).abs()
            relative = difference / b.abs() if kind.startswith("loss.") else difference / b.abs().max()
            absolute, share = worst.get(kind, (0.0, 0.0))
            worst[kind] = (max(absolute, difference.max().item()), max(share, relative.max().item()))
    for kind, (difference, relative) in worst.items():
        if difference > 0:
            print(f"{name:18} {kind:16} largest difference {difference:.1e}, relative {relative:.1e}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare float32 with float64")
    arguments = parser.parse_args()
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    for name in CASES:
        (check if arguments.check else write)(name)


if __name__ == "__main__":
    main()
