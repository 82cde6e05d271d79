"""The notebooks run from top to bottom, in a kernel of their own."""

import os

import pytest

pytestmark = pytest.mark.broad

NAMES = ["three-fits", "network-logits", "own-model"]


@pytest.mark.filterwarnings("default")  # of the kernel's client
@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs(root, tmp_path, monkeypatch, name):
    import nbformat
    from nbclient import NotebookClient

    source = os.pathsep.join([str(root / "src"), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", source)  # the kernel's trifit is this one
    book = nbformat.read(root / "notebooks" / f"{name}.ipynb", as_version=4)
    NotebookClient(
        book, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()
    shown = [out for cell in book.cells for out in cell.get("outputs", [])]
    assert any("image/png" in out.get("data", {}) for out in shown)
    assert any("text/html" in out.get("data", {}) for out in shown)


def test_all_notebooks_are_named_and_stored_without_outputs(root):
    import nbformat

    found = sorted((root / "notebooks").glob("*.ipynb"))
    assert [path.stem for path in found] == sorted(NAMES)
    for path in found:
        for cell in nbformat.read(path, as_version=4).cells:
            assert not cell.get("outputs"), path
