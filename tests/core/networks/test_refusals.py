from __future__ import annotations

import pytest

from core.errors import UsageError
from core.networks import build_network

SMALL = {"n_bins": 33, "hidden": [8, 8]}

REFUSED = [
    ({"bidirektional": True}, "does not take “bidirektional”. Did you mean “bidirectional”?"),
    ({"layers": 3}, "does not take “layers”"),
    ({"context_frames": 4}, "use an odd number such as 5"),
    ({"context_frames": 0}, "context_frames cannot be 0: it takes 1 … 101; the nearest is 1"),
    ({"context_frames": "3"}, "context_frames cannot be “3”"),
    ({"n_bins": -513}, "n_bins cannot be -513: it takes 2 … 65537; the nearest is 2"),
    ({"n_bins": 512.6}, "n_bins cannot be 512.6: it takes 2 … 65537; the nearest is 513"),
    ({"n_bins": True}, "n_bins cannot be true"),
    ({"hidden": 1000}, "hidden cannot be 1000: it takes [1 … 16384, …]; the nearest is [1000]"),
    ({"hidden": []}, "hidden cannot be []"),
    ({"hidden": "1000"}, "hidden cannot be “1000”"),
    ({"hidden": [8, -8]}, "hidden cannot be -8: it takes 1 … 16384; the nearest is 1"),
    ({"hidden": [8, 8.4]}, "the nearest is [8, 8]"),
    ({"recurrent_layers": [3]}, "the network has hidden layers 1 to 2"),
    ({"recurrent_layers": [0]}, "Layer 0 cannot be recurrent"),
    ({"recurrent_layers": [2, 2]}, "recurrent_layers cannot be [2, 2]"),
    ({"recurrent_layers": 2}, "recurrent_layers cannot be 2"),
    ({"recurrent_layers": None}, "recurrent_layers cannot be None"),
    ({"n_sources": 1}, "n_sources cannot be 1: it takes 2 … 8; the nearest is 2"),
    ({"features": "logmel", "n_mels": 8}, "features cannot be “logmel”"),
    ({"features": "log_mel"}, "n_mels cannot be 0 where features is “log_mel”; use 33"),
    ({"features": "log_mel", "n_mels": 40}, "n_mels cannot be 40: it takes 0 … 33"),
    ({"n_mels": 8}, "n_mels cannot be 8 where features is “magnitude”; use 0"),
    ({"sample_rate": 16}, "sample_rate cannot be 16: it takes 1000 … 768000; the nearest is 1000"),
    ({"cell": "ReLU"}, "cell cannot be “ReLU”: it takes “relu”, “tanh”, “sigmoid”, “lstm”, “gru”; "
     "the nearest is “relu”"),
    ({"cell": "lstmp"}, "the nearest is “lstm”"),
    ({"cell": "gru", "recurrent_layers": []}, "cell cannot be “gru” where recurrent_layers is []"),
    ({"bidirectional": 1}, "bidirectional cannot be 1: it takes true, false; the nearest is true"),
    ({"bidirectional": "no"}, "the nearest is false"),
    ({"bidirectional": True, "recurrent_layers": []}, "bidirectional cannot be true where"),
    ({"dropout": 1.0}, "dropout cannot be 1.0: it takes 0 … 0.9; the nearest is 0.9"),
    ({"dropout": -0.1}, "dropout cannot be -0.1"),
    ({"dropout": float("nan")}, "dropout cannot be nan"),
    ({"dropout": "0.1"}, "dropout cannot be “0.1”"),
    ({"normalisation": "batchnorm"}, "the nearest is “batch”"),
    ({"front_end": "conv"}, "the nearest is “convolution”"),
    ({"attention_heads": -1}, "attention_heads cannot be -1: it takes 0 … 64; the nearest is 0"),
    ({"attention_heads": 3}, "attention_heads cannot be 3 where hidden is [8, 8]; use 2"),
    ({"attention_heads": 2, "attention_ahead": -8}, "attention_ahead cannot be -8"),
    ({"output": "source"}, "the nearest is “sources”"),
    ({"output": "voice", "n_sources": 4}, "n_sources cannot be 4 where output is “voice”; use 2"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED, ids=[str(a) for a, _ in REFUSED])
def test_what_is_not_supported_is_refused_by_name(
    arguments: dict[str, object], sentence: str
) -> None:
    with pytest.raises(UsageError) as refused:
        build_network("recurrent", SMALL | arguments)
    assert sentence in str(refused.value)


def test_an_unknown_network_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="Did you mean “recurrent”"):
        build_network("recurent", {})
    with pytest.raises(UsageError, match="no network called"):
        build_network(["recurrent"], {})  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="does not take these arguments"):
        build_network("recurrent", 3)  # type: ignore[arg-type]
