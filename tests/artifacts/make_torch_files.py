# mypy: ignore-errors
"""Makes the PyTorch files of data/; run by hand where PyTorch is installed, the files are kept."""

import collections
import pathlib
import sys

import torch

HERE = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "data"


class Small(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = torch.nn.Embedding(7, 4)
        self.head = torch.nn.Linear(4, 7, bias=True)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.head(self.embed(tokens))


def main() -> None:
    torch.manual_seed(0)
    model = Small()
    state = model.state_dict()
    torch.save(state, HERE / "state_dict.pt")
    torch.save(state, HERE / "state_dict_legacy.bin", _use_new_zipfile_serialization=False)
    half = collections.OrderedDict((name, value.to(torch.bfloat16)) for name, value in state.items())
    half["tied"] = half["embed.weight"]
    half["ids"] = torch.arange(5)
    torch.save(half, HERE / "state_dict_tied_bf16.pt")
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.tensor([1, 2])).sum().backward()
    optimizer.step()
    torch.save({"model": state, "optimizer": optimizer.state_dict(), "step": 3}, HERE / "checkpoint.ckpt")
    torch.save(model, HERE / "whole_module.pt")
    torch.jit.script(model).save(str(HERE / "torchscript.pt"))
    quantized = torch.quantize_per_tensor(torch.randn(3, 3), 0.1, 0, torch.qint8)
    torch.save({"q": quantized, "f8": torch.zeros(4, dtype=torch.float8_e4m3fn)}, HERE / "quantized.pt")


if __name__ == "__main__":
    main()
