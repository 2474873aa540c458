"""PyTorch on tensors that do not lie row after row, along other axes than the last, in double precision, in single rows."""
import torch
from torch import nn


def tasks(tensor, pure, differentiated, training, filled):
    batch, time, heads, size = 8, 128, 8, 64

    def attention(trains):
        inputs = [tensor([batch, time, heads * size], seed, trains) for seed in (1, 2, 3)]

        def f():
            q, k, v = [x.reshape(batch, time, heads, size).transpose(1, 2) for x in inputs]
            return (q @ k.transpose(-1, -2) @ v).transpose(1, 2).reshape(inputs[0].shape)
        return differentiated(inputs, f) if trains else pure(f)

    def square(f, dtype=torch.float32):
        def make():
            x = tensor([1000, 1000], 1).to(dtype)
            return pure(lambda: f(x))
        return make

    def positive(f):
        return square(lambda x: f(x.abs()))

    def stacks(a, b, dtype=torch.float32):
        x, y = tensor(a, 1).to(dtype), tensor(b, 2).to(dtype)
        return pure(lambda: x @ y)

    def indexed(f):
        def make():
            x, i = tensor([1000, 1000], 1), torch.arange(1000000)
            index = ((i * 31 + (i >> 5)) % 1000).reshape(1000, 1000)
            return pure(lambda: f(x, index))
        return make

    def causal():
        x, mask = tensor([8, 8, 128, 128], 1), torch.ones(128, 128).tril() == 0
        return pure(lambda: x.masked_fill(mask, -1e4))

    def where():
        a, b, mask = tensor([1000, 1000], 1), tensor([1000, 1], 2), tensor([1000, 1], 3) > 0
        return pure(lambda: torch.where(mask, a, b))

    def channels():
        x = tensor([8, 64, 56, 56], 1)
        return pure(lambda: x.permute(0, 2, 3, 1).contiguous())

    def add_last():
        x, b = tensor([100000, 10], 1), tensor([10], 2)
        return pure(lambda: x + b)

    def sort():
        x = tensor([1000000], 1)
        return pure(lambda: x.sort(dim=0, stable=True)[0])

    def columns():
        x, index = tensor([1000, 1000], 1), torch.arange(1000) * 31 % 1000
        return pure(lambda: x.index_select(1, index))

    def reinforce():
        model = filled(nn.Sequential(nn.Linear(4, 128), nn.ReLU(), nn.Linear(128, 2)))
        states = [tensor([1, 4], i + 1) for i in range(20)]

        def loss():
            chances = [model(state).log_softmax(1).narrow(1, i % 2, 1) for i, state in enumerate(states)]
            return sum((chance * -(0.99 ** i)).sum() for i, chance in enumerate(chances))
        return training(None, loss, torch.optim.Adam(model.parameters(), lr=1e-5))

    return {
        'attention products of heads': lambda: attention(False),
        'attention products of heads, gradients': lambda: attention(True),
        '2000 products of 16³': lambda: stacks([2000, 16, 16], [2000, 16, 16]),
        'products of broadcast stacks': lambda: stacks([16, 1, 64, 64], [8, 64, 64]),
        'causal mask over 64 heads': causal, 'where over columns': where,
        'clamp 10⁶': square(lambda x: x.clamp(-0.5, 0.5)), 'transpose 1000²': square(lambda x: x.t().contiguous()),
        'channels last': channels, 'relu, transposed 1000²': square(lambda x: x.t().relu()),
        'add, transposed 1000²': square(lambda x: x + x.t()), 'add of channels, last': add_last,
        'sort 10⁶': sort, 'sort of rows 1000²': square(lambda x: x.sort(dim=1, stable=True)[0]),
        'topk of rows 1000²': square(lambda x: x.topk(10, 1)[0]),
        'cumsum of rows 1000²': square(lambda x: x.cumsum(1)), 'cumsum of columns 1000²': square(lambda x: x.cumsum(0)),
        'cumprod of rows 1000²': square(lambda x: x.cumprod(1)),
        'argmax of rows 1000²': square(lambda x: x.argmax(1)), 'argmax of columns 1000²': square(lambda x: x.argmax(0)),
        'maximum of columns 1000²': square(lambda x: x.amax(0)), 'product of rows 1000²': square(lambda x: x.prod(1)),
        'variance of rows 1000²': square(lambda x: x.var(1)), 'variance of columns 1000²': square(lambda x: x.var(0)),
        'gather of columns 1000²': indexed(lambda x, index: x.gather(0, index)),
        'scatter of columns 1000²': indexed(lambda x, index: x.scatter(0, index, x)),
        'scatter sum of columns 1000²': indexed(lambda x, index: x.scatter_add(0, index, x)),
        'columns selected 1000²': columns,
        'matmul 512³, float64': lambda: stacks([512, 512], [512, 512], torch.float64),
        'add 10⁶, float64': square(lambda x: x + x, torch.float64), 'sum 10⁶, float64': square(torch.sum, torch.float64),
        'pow 10⁶': positive(lambda x: x ** 1.7), 'log2 10⁶': positive(lambda x: (x + 1).log2()),
        'atan 10⁶': square(torch.atan), 'tan 10⁶': square(torch.tan), 'REINFORCE, single rows': reinforce,
    }
