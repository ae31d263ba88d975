"""Templates and samples ship in the wheel and the sdist, and load from an editable install."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from perfxl.form import form_ids

ROOT = Path(__file__).parent.parent
SHOWN = (
    "import perfxl.form as f; from perfxl.cli.demo import samples_folder; "
    "print(f.form_ids()); [f.load_form(i) for i in f.form_ids()]; "
    "print(len(list((samples_folder() / 'as-printed').glob('*.xlsx'))))"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (ROOT / "pyproject.toml").is_file():
        pytest.skip("not run from a checkout")
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True,
        capture_output=True,
    )
    return out


def test_wheel_and_sdist_carry_templates_and_samples(built: Path) -> None:
    wheel = zipfile.ZipFile(next(built.glob("*.whl"))).namelist()
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        sdist = archive.getnames()
    for name in ("templates/shanghai.toml", "templates/mof.toml", "templates/defaults.toml", "samples/2022/forms.toml"):
        assert f"perfxl/{name}" in wheel
        assert any(member.endswith("/" + name) for member in sdist)
    for name in ("page.html", "page.css", "page.js"):
        assert f"perfxl/report/page/{name}" in wheel
    assert "perfxl/report/perfxl.check-1.schema.json" in wheel
    assert sum(name.startswith("perfxl/samples/2022/") and name.endswith(".xlsx") for name in wheel) == 9


@pytest.mark.parametrize("how", ["wheel", "editable"])
def test_an_install_finds_its_data_from_any_folder(built: Path, tmp_path: Path, how: str) -> None:
    target = tmp_path / "site"
    what = [str(next(built.glob("*.whl")))] if how == "wheel" else ["--no-build-isolation", "-e", str(ROOT)]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target)]
    subprocess.run([*pip, *what], check=True, capture_output=True)
    code = f"import site; site.addsitedir({str(target)!r}); " + SHOWN
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True, encoding="utf-8"
    )
    assert ran.stdout.splitlines() == [str(form_ids()), "3"]
