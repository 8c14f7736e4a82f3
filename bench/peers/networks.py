"""The reference CycleGAN in PyTorch: networks that read bauta's weight files, and the training step. Names of parameters are
the reference implementation's; losses and Adam as in cyclegan/ (LSGAN, lambda 10), without the image pool. Needs torch."""

import itertools

import torch
from torch import nn
from torch.nn import functional


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        half = lambda: [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels)]
        self.conv_block = nn.Sequential(*half(), nn.ReLU(True), *half())

    def forward(self, x):
        return x + self.conv_block(x)


class Generator(nn.Module):
    def __init__(self, ngf, blocks):
        super().__init__()
        norm_relu = lambda c: [nn.InstanceNorm2d(c), nn.ReLU(True)]
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(3, ngf, 7), *norm_relu(ngf)]
        for c in (ngf, 2 * ngf):
            layers += [nn.Conv2d(c, 2 * c, 3, 2, 1), *norm_relu(2 * c)]
        layers += [Residual(4 * ngf) for _ in range(blocks)]
        for c in (4 * ngf, 2 * ngf):
            layers += [nn.ConvTranspose2d(c, c // 2, 3, 2, 1, 1), *norm_relu(c // 2)]
        self.model = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(ngf, 3, 7), nn.Tanh())

    def forward(self, x):
        return self.model(x)


def load_generator(path, ngf, blocks):
    """With the weights of a file that bauta wrote, for inference."""
    from safetensors.torch import load_file

    network = Generator(ngf, blocks)
    network.load_state_dict(load_file(path))
    return network.eval().requires_grad_(False)


def discriminator(ndf):
    layers = [nn.Conv2d(3, ndf, 4, 2, 1), nn.LeakyReLU(0.2, True)]
    for c, stride in ((ndf, 2), (2 * ndf, 2), (4 * ndf, 1)):
        layers += [nn.Conv2d(c, 2 * c, 4, stride, 1), nn.InstanceNorm2d(2 * c), nn.LeakyReLU(0.2, True)]
    return nn.Sequential(*layers, nn.Conv2d(8 * ndf, 1, 4, 1, 1))


class Training:
    """Two generators, two discriminators, two pictures."""

    def __init__(self, size, ngf, blocks, batch=1):
        self.g, self.f = Generator(ngf, blocks), Generator(ngf, blocks)
        self.d_x, self.d_y = discriminator(ngf), discriminator(ngf)
        adam = lambda *nets: torch.optim.Adam(itertools.chain(*(n.parameters() for n in nets)), 2e-4, (0.5, 0.999))
        self.opt_g, self.opt_d = adam(self.g, self.f), adam(self.d_x, self.d_y)
        self.x, self.y = (torch.randn(batch, 3, size, size) * 0.4 for _ in range(2))

    def to(self, device, memory_format):
        """Optimizers keep the very parameters that they were made with."""
        for network in (self.g, self.f, self.d_x, self.d_y):
            network.to(device).to(memory_format=memory_format)
        self.x, self.y = (picture.to(device).to(memory_format=memory_format) for picture in (self.x, self.y))
        return self

    def compile(self):
        """By inductor, each network for itself, when it is first called."""
        for network in (self.g, self.f, self.d_x, self.d_y):
            network.compile(dynamic=False)

    def forward(self):
        with torch.inference_mode():
            return self.g(self.x)

    def step(self):
        mse = lambda verdict, target: functional.mse_loss(verdict, torch.full_like(verdict, target))
        discriminators = list(self.d_x.parameters()) + list(self.d_y.parameters())
        for p in discriminators:
            p.requires_grad_(False)
        fake_y, fake_x = self.g(self.x), self.f(self.y)
        loss = mse(self.d_y(fake_y), 1.0) + mse(self.d_x(fake_x), 1.0)
        loss = loss + 10 * (functional.l1_loss(self.f(fake_y), self.x) + functional.l1_loss(self.g(fake_x), self.y))
        self.opt_g.zero_grad()
        loss.backward()
        self.opt_g.step()
        for p in discriminators:
            p.requires_grad_(True)
        self.opt_d.zero_grad()
        for d, real, fake in ((self.d_y, self.y, fake_y), (self.d_x, self.x, fake_x)):
            (0.5 * (mse(d(real), 1.0) + mse(d(fake.detach()), 0.0))).backward()
        self.opt_d.step()
