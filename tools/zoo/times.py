"""Times torchvision's models on one thread: python3 times.py NAME; prints {"infer": ms, "step": ms}, medians. For tools/zoo/make.mjs."""
import json
import statistics
import sys
import time

import torch
import torchvision

torch.set_num_threads(1)
name = sys.argv[1]
options = dict(init_weights=False) if name == 'googlenet' else {}
model = getattr(torchvision.models, name)(weights=None, **options)


def median(run, count):
    run()
    times = []
    for _ in range(count):
        begun = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - begun))
    return statistics.median(times)


def infer():
    with torch.no_grad():
        model(torch.zeros(1, 3, 224, 224))


optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9)
x, y = torch.randn(2, 3, 224, 224), torch.tensor([1, 2])


def step():
    optimizer.zero_grad()
    output = model(x)
    outputs = output if isinstance(output, tuple) else (output,)
    sum(torch.nn.functional.cross_entropy(o, y) for o in outputs).backward()
    optimizer.step()


inference = median(lambda: (model.eval(), infer()), 5)
model.train()
print(json.dumps(dict(infer=inference, step=median(step, 3))))
