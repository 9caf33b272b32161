from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from core.training.history import append_line, cut_back
from core.training.state import part, read_facts, read_state, write_state


def test_a_state_comes_back_as_it_was(tmp_path: Path) -> None:
    tensors = {
        "a/byte": torch.arange(3, dtype=torch.uint8),
        "a/wide": torch.randn(2, 3, dtype=torch.float64),
        "b/half": torch.randn(5).bfloat16(),
        "b/count": torch.tensor(7),
        "b/turned": torch.randn(4, 3).t(),
        "none": torch.empty(0),
    }
    facts = {"epoch": 3, "loss": 0.1 + 0.2, "name": "声", "nothing": None, "list": [1, 2]}
    path = tmp_path / "new" / "state.safetensors"
    write_state(path, tensors, facts)
    found, found_facts = read_state(path)
    assert found_facts == facts == read_facts(path)
    assert found.keys() == tensors.keys() == load_file(path).keys()
    for name, value in tensors.items():
        assert found[name].dtype == value.dtype
        assert torch.equal(found[name], value)
    assert part(found, "a").keys() == {"byte", "wide"}
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_what_is_no_state_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    path.write_bytes(b"no tensors")
    with pytest.raises((SafetensorError, ValueError)):
        read_state(path)
    write_state(path, {"a": torch.zeros(100)}, {})
    path.write_bytes(path.read_bytes()[:-50])  # cut short
    with pytest.raises((SafetensorError, ValueError)):
        read_state(path)


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are Unix's")
def test_a_full_disk_is_said_and_the_last_state_stays(tmp_path: Path) -> None:
    """The system itself refuses to write more than a limit, in a process of its own."""
    script = """
        import resource, signal, sys, torch
        from pathlib import Path
        from core.errors import OutputError
        from core.training.history import append_line
        from core.training.state import read_state, write_state

        folder = Path(sys.argv[1])
        write_state(folder / "state", {"a": torch.ones(1000)}, {"epoch": 1})
        append_line(folder / "history", "x" * 90)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        try:
            write_state(folder / "state", {"a": torch.zeros(100_000)}, {"epoch": 2})
        except OutputError as error:
            print(error)
        tensors, facts = read_state(folder / "state")
        assert facts == {"epoch": 1} and tensors["a"].sum() == 1000
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 20_000))
        try:
            append_line(folder / "history", "y" * 90)
        except OutputError as error:
            print(error)
        print(sorted(path.name for path in folder.iterdir()))
        print((folder / "history").read_text() == "x" * 90 + "\\n")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    first, second, names, is_whole = done.stdout.splitlines()
    assert "cannot be written: File too large" in first
    assert "free some space" in first
    assert "cannot be written: File too large" in second
    assert names == "['history', 'state']"
    assert is_whole == "True"


def test_the_history_is_cut_back_to_an_epoch(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    cut_back(path, 3)
    assert not path.exists()
    for epoch in range(1, 6):
        append_line(path, f'{{"epoch": {epoch}}}')
    whole = path.read_text()
    cut_back(path, 9)
    assert path.read_text() == whole
    with open(path, "a") as file:
        file.write('{"epoch": 6, "lo')  # a crash
    cut_back(path, 9)
    assert path.read_text() == whole
    cut_back(path, 2)
    assert path.read_text() == '{"epoch": 1}\n{"epoch": 2}\n'
    cut_back(path, 0)
    assert path.read_text() == ""
