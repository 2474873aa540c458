"""PyTorch as a contestant: the protocol of src/child.ts over standard input and output, on one thread."""
import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

import torch_layouts

torch.set_num_threads(1)


def ramp(count, seed):
    i = torch.arange(count, dtype=torch.int64)
    return (((i * 7919 + seed * 104729) % 2003).double() / 1001.5 - 1).float()


def tensor(shape, seed, leaf=False):
    size = 1
    for n in shape:
        size *= n
    return ramp(size, seed).reshape(shape).requires_grad_(leaf)


def head(x):
    return [float(x.double().mean()), *[float(v) for v in x.detach().reshape(-1)[:3]]]


def pure(f):
    def run():
        with torch.no_grad():
            return f()
    return run, lambda: head(run())


def differentiated(inputs, f):
    def run():
        y = f()
        return torch.autograd.grad(y, inputs, y.detach())
    return run, lambda: [v for g in run() for v in head(g)]


def fill(parameters):
    with torch.no_grad():
        for seed, p in enumerate(parameters, 1):
            fan = p.numel() / p.shape[0] if p.dim() > 1 else 4
            p.copy_(ramp(p.numel(), seed).reshape(p.shape) / fan ** 0.5)


def filled(model):
    fill(model.parameters())
    return model


def training(parameters, loss, optimizer, clip=None):
    def run():
        value = loss()
        optimizer.zero_grad()
        value.backward()
        if clip:
            nn.utils.clip_grad_norm_(parameters, clip)
        optimizer.step()
        return value.item()
    return run, lambda: [run()]


def ids(count, classes):
    return torch.arange(count) * 7 % classes


def mlp(make):
    model = filled(nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10)))
    x, y = tensor([128, 784], 99), ids(128, 10)
    return training(None, lambda: F.cross_entropy(model(x), y), make(model.parameters()))


def lenet():
    model = filled(nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10)))
    x, y = tensor([128, 1, 28, 28], 99), ids(128, 10)
    return training(None, lambda: F.cross_entropy(model(x), y), torch.optim.SGD(model.parameters(), lr=0.01))


NETWORKS = {'ResNet-18': 'resnet18', 'AlexNet': 'alexnet', 'VGG-11': 'vgg11', 'GoogLeNet': 'googlenet', 'ResNet-50': 'resnet50',
            'DenseNet-121': 'densenet121'}


def network(name, small=False):
    """A network of torchvision with the numbers that every contestant has; dropout would make every run another."""
    import torchvision
    options = dict(googlenet=dict(aux_logits=False, dropout=0, init_weights=False), alexnet=dict(dropout=0), vgg11=dict(dropout=0))
    classes = 10 if small else 1000
    model = getattr(torchvision.models, NETWORKS[name])(weights=None, num_classes=classes, **options.get(NETWORKS[name], {}))
    if small:
        model.conv1, model.maxpool = nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.Identity()
    fill(p for _, p in sorted(model.named_parameters()))
    return model


def step_of(model, x, y):
    return training(None, lambda: F.cross_entropy(model(x), y), torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9))


def small_step():
    return step_of(network('ResNet-18', True), tensor([32, 3, 32, 32], 99), ids(32, 10))


def rows_of(name):
    def inference():
        model = network(name).eval()
        x = tensor([1, 3, 224, 224], 99)
        return pure(lambda: model(x))

    def step():
        return step_of(network(name), tensor([2, 3, 224, 224], 99), ids(2, 1000))
    return {name + ' inference 224²': inference, name + ' step 224²': step}


def lstm_module(inputs, hidden):
    module = nn.LSTM(inputs, hidden)
    with torch.no_grad():
        for seed, p in enumerate(module.parameters(), 1):
            p.copy_(ramp(p.numel(), seed).reshape(p.shape) * 0.1)
    return module


def lstm(trains):
    module, x = lstm_module(200, 200), tensor([35, 20, 200], 9, trains)
    if not trains:
        return pure(lambda: module(x)[0])
    return differentiated([x, *module.parameters()], lambda: module(x)[0])


def char_lstm():
    steps, batch, classes, hidden = 64, 32, 64, 256
    module, last = lstm_module(classes, hidden), filled(nn.Linear(hidden, classes))
    parameters = [*module.parameters(), *last.parameters()]
    x = F.one_hot(torch.arange(steps * batch) * 5 % classes, classes).float().reshape(steps, batch, classes)
    y = ids(steps * batch, classes)
    return training(parameters, lambda: F.cross_entropy(last(module(x)[0]).reshape(-1, classes), y),
                    torch.optim.Adam(parameters, lr=1e-3), 1)


def matmul(n):
    a, b = tensor([n, n], 1), tensor([n, n], 2)
    return pure(lambda: a @ b)


def unary(f, shape=(1000000,)):
    x = tensor(shape, 1)
    return pure(lambda: f(x))


def convolution(channels, size, trains):
    x, w = tensor([8, channels, 56, 56], 1, trains), tensor([64, channels, size, size], 2, trains)
    f = lambda: F.conv2d(x, w, padding=size // 2)  # noqa: E731
    return differentiated([x, w], f) if trains else pure(f)


def conv_gradient(of_input):
    x, w = tensor([8, 64, 56, 56], 1, of_input), tensor([64, 64, 3, 3], 2, not of_input)
    y = F.conv2d(x, w, padding=1)

    def run():
        return torch.autograd.grad(y, [x if of_input else w], y.detach(), retain_graph=True)
    return run, lambda: head(run()[0])


def depthwise():
    x, w = tensor([8, 64, 56, 56], 1), tensor([64, 1, 3, 3], 2)
    return pure(lambda: F.conv2d(x, w, padding=1, groups=64))


def adds(trains, count=10000):
    first, b = tensor([8], 1, trains), tensor([8], 2)

    def f():
        total = first
        for _ in range(count):
            total = total + b
        return total
    return differentiated([first], f) if trains else pure(f)


def add():
    a, b = tensor([1000000], 1), tensor([1000000], 2)
    return pure(lambda: a + b)


def batch_norm():
    x, w, b = tensor([8, 64, 56, 56], 1, True), tensor([64], 2, True), tensor([64], 3, True)
    return differentiated([x, w, b], lambda: F.batch_norm(x, None, None, w, b, True))


def max_pool():
    x = tensor([8, 64, 56, 56], 1, True)
    return differentiated([x], lambda: F.max_pool2d(x, 2))


TASKS = {
    'matmul 64³': lambda: matmul(64), 'matmul 256³': lambda: matmul(256),
    'matmul 512³': lambda: matmul(512), 'matmul 1024³': lambda: matmul(1024),
    'add 10⁶': add, 'relu 10⁶': lambda: unary(torch.relu), 'exp 10⁶': lambda: unary(torch.exp),
    'tanh 10⁶': lambda: unary(torch.tanh), 'sigmoid 10⁶': lambda: unary(torch.sigmoid),
    'softmax 1000²': lambda: unary(lambda x: x.softmax(1), (1000, 1000)),
    'sum of rows 1000²': lambda: unary(lambda x: x.sum(1), (1000, 1000)),
    'sum of columns 1000²': lambda: unary(lambda x: x.sum(0), (1000, 1000)),
    'conv 3×3': lambda: convolution(64, 3, False), 'conv 3×3, gradients': lambda: convolution(64, 3, True),
    'conv 1×1': lambda: convolution(256, 1, False), 'conv 1×1, gradients': lambda: convolution(256, 1, True),
    'conv 3×3, gradient of the input': lambda: conv_gradient(True),
    'conv 3×3, gradient of the kernels': lambda: conv_gradient(False), 'conv 3×3, depthwise': depthwise,
    'batch norm, gradients': batch_norm, 'max-pool, gradients': max_pool,
    'sum 10⁶': lambda: unary(torch.sum), '10³ adds of 8': lambda: adds(False, 1000),
    '10⁴ adds of 8': lambda: adds(False), '10⁴ adds of 8, gradient': lambda: adds(True),
    'MLP step, SGD': lambda: mlp(lambda p: torch.optim.SGD(p, lr=0.01)),
    'MLP step, Adam': lambda: mlp(lambda p: torch.optim.Adam(p, lr=1e-4)),
    'LeNet-5 step': lenet, 'LSTM forward': lambda: lstm(False), 'LSTM gradients': lambda: lstm(True),
    'char-LSTM step': char_lstm, 'ResNet-18 step': small_step,
}
TASKS.update(torch_layouts.tasks(tensor, pure, differentiated, training, filled))
for row in NETWORKS:
    TASKS.update(rows_of(row))



def timings(run, budget):
    samples, begin, group = [], time.perf_counter(), 1
    while not samples or (time.perf_counter() - begin) * 1000 < (5 if len(samples) < 3 else 1) * budget:
        start = time.perf_counter()
        for _ in range(group):
            run()
        each = (time.perf_counter() - start) * 1000 / group
        samples.append(each)
        group = max(1, min(1000, round(1 / each)))
    return samples[1:] if len(samples) > 3 else samples


def say(message):
    print(json.dumps(message), flush=True)


say({'version': f'PyTorch {torch.__version__}, 1 thread, {torch.backends.cpu.get_cpu_capability() if hasattr(torch.backends, "cpu") else "CPU"}'})
task = None
for line in sys.stdin:
    message = json.loads(line)
    try:
        if 'prepare' in message:
            if message['prepare'] not in TASKS:
                raise NotImplementedError('not written for it')
            task = TASKS[message['prepare']]()
            check = task[1]()
            task[0]()
            task[0]()
            say({'check': check})
        else:
            say({'samples': timings(task[0], message['budget'])})
    except Exception as error:
        say({'error': str(error).split('\n')[0][:160]})
