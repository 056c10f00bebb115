"""The simulator from Python: designs in, dicts and tables out.

Everything is the program's: what it is given becomes its command line, what it prints becomes dicts.
Nothing but the standard library is needed; where pandas is there, tables are DataFrames.

>>> import zynqsim
>>> zynqsim.run("configs/default.yaml", timing_only=True)["cycles"]
13450418
>>> zynqsim.sweep("configs/default.yaml", {"batch": [1, 2, 4]})
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Iterable, Mapping, Sequence, Union

__all__ = ["Error", "accuracy", "compare", "frame", "layers", "program", "run", "schema", "sweep", "version"]

#: A design file, or the design itself as nested dicts.
Design = Union[str, "os.PathLike[str]", Mapping[str, Any]]
#: Keys of a design and their values: {"accelerator.clock": "125 MHz"}.
Settings = Mapping[str, Any]
Row = dict[str, Any]
_File = Union[str, "os.PathLike[str]"]

#: Columns of a sweep that hold words, whatever they look like.
_WORDS = frozenset(("sweep", "outcome", "problem", "design", "network", "board", "fidelity", "precision", "fusion",
                    "binding", "fusion_note", "checksum"))
#: Keys of a design that name files; in a design that is a dict they count from the working directory.
_FILES = frozenset(("extends", "board", "base", "boards", "model", "weights", "input", "labels", "calibration"))


class Error(RuntimeError):
    """The program said no. `status` is its exit status: 2 wrong input, 3 the machine failed."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message or f"zynqsim ended with status {status}")
        self.status = status


def program() -> str:
    """Path of the program: $ZYNQSIM, that of the tree this file is in, or the one on the PATH."""
    named = os.environ.get("ZYNQSIM")
    built = Path(__file__).resolve().parents[2] / "build" / "zynqsim"
    if named:
        return named
    if built.is_file():
        return str(built)
    found = shutil.which("zynqsim")
    if found is None:
        raise Error(3, "the program zynqsim is neither on the PATH nor named by $ZYNQSIM")
    return found


def version() -> str:
    """What `zynqsim --version` says."""
    return _call(["--version"])[0].strip()


def run(
    design: Design,
    settings: Settings | None = None,
    *,
    model: str | os.PathLike[str] | None = None,
    weights: str | os.PathLike[str] | None = None,
    inputs: _File | Iterable[_File] = (),
    labels: str | os.PathLike[str] | None = None,
    fidelity: str | None = None,
    timing_only: bool = False,
    jobs: int | None = None,
    out: str | os.PathLike[str] | None = None,
    trace: str | os.PathLike[str] | None = None,
) -> dict[str, Any]:
    """One design point, as `zynqsim run --format json` has it. A design that does not fit is a result
    whose "fits" is False, no error; None is too close to call."""
    words = ["run", *_settings(settings)]
    for name, value in (("model", model), ("weights", weights), ("labels", labels), ("fidelity", fidelity),
                        ("jobs", jobs), ("out", out), ("trace", trace)):
        words += _option(name, value)
    for value in [inputs] if isinstance(inputs, (str, os.PathLike)) else inputs:
        words += _option("input", value)
    if timing_only:
        words.append("--timing-only")
    return _json(words, [design])


def sweep(
    design: Design,
    vary: Mapping[str, Any] | Sequence[str],
    settings: Settings | None = None,
    *,
    where: str | Iterable[str] = (),
    fidelity: str | None = None,
    jobs: int | None = None,
    best: str | None = None,
    pareto: str | Iterable[str] | None = None,
    model: str | os.PathLike[str] | None = None,
) -> Any:
    """Many points: a table of all rows, or with `best` or `pareto` of those alone.

    `vary` maps keys to their values, {"batch": [1, 2, 4], "accelerator.tile.oc": "8..64*2"}, or is a list of axes as
    --vary takes them. In a row, "fits" is True, False, or None where it is too close to call."""
    words = ["sweep", *_settings(settings), "--quiet"]
    axes = vary if not isinstance(vary, Mapping) else [f"{key}={_values(value)}" for key, value in vary.items()]
    if isinstance(axes, str):
        axes = [axes]
    for axis in axes:
        words += ["--vary", axis]
    for condition in [where] if isinstance(where, str) else where:
        words += ["--where", condition]
    for name, value in (("fidelity", fidelity), ("jobs", jobs), ("model", model), ("best", best)):
        words += _option(name, value)
    if pareto is not None:
        words += ["--pareto", pareto if isinstance(pareto, str) else ",".join(pareto)]
    answers = best is not None or pareto is not None
    words += ["--format", "csv"] if answers else ["-o", "-"]
    text, _ = _call(words, [design])
    rows = [{key: _value(key, cell) for key, cell in row.items()} for row in csv.DictReader(io.StringIO(text))]
    if answers and rows and "point" not in rows[0]:  # counts alone: nothing qualifies
        rows = []
    return frame(rows)


def compare(
    designs: Design | Sequence[Design],
    vary: Mapping[str, Any] | None = None,
    settings: Settings | None = None,
    *,
    fidelity: str | None = None,
    model: str | os.PathLike[str] | None = None,
    layers: bool = False,
) -> dict[str, Any]:
    """Designs, points of one design or result.json files side by side: {"columns": [...], "rows": [...]}, with ratios
    to the first column in each row. A column that cannot run has a "problem"."""
    words = ["compare", *_settings(settings), "--quiet"]
    for key, value in (vary or {}).items():
        words += ["--vary", f"{key}={_values(value)}"]
    words += _option("fidelity", fidelity) + _option("model", model)
    if layers:
        words.append("--layers")
    many = [designs] if isinstance(designs, (str, os.PathLike, Mapping)) else list(designs)
    return _json(words, many)


def accuracy(
    design: Design,
    images: str | os.PathLike[str],
    settings: Settings | None = None,
    *,
    vary: Mapping[str, Any] | None = None,
    reference: str | None = None,
    labels: str | os.PathLike[str] | None = None,
    limit: int | None = None,
    model: str | os.PathLike[str] | None = None,
    weights: str | os.PathLike[str] | None = None,
    jobs: int | None = None,
) -> dict[str, Any]:
    """Many images through the datapath: top-1 and top-5; with reference="fp32" also agreement with it and the noise of
    each layer. With `vary` a dict for each value, in "points"; the figures beside them are of the first."""
    words = ["accuracy", *_settings(settings), "--quiet", *_option("images", images)]
    for key, values in (vary or {}).items():
        words += ["--vary", f"{key}={_values(values)}"]
    for name, value in (("reference", reference), ("labels", labels), ("limit", limit), ("model", model),
                        ("weights", weights), ("jobs", jobs)):
        words += _option(name, value)
    return _json(words, [design])


def schema() -> dict[str, Any]:
    """The JSON Schema of a design."""
    return _dict(_call(["schema"])[0])


def layers(result: Mapping[str, Any]) -> Any:
    """The layers of a result as a table, members of members as "busy.read"."""
    return frame([_flat(layer) for layer in result["layers"]])


def frame(rows: Sequence[Mapping[str, Any]]) -> Any:
    """A pandas DataFrame of rows, or the rows themselves as a list of dicts where there is no pandas."""
    try:
        import pandas  # type: ignore[import]
    except ImportError:
        return [dict(row) for row in rows]
    return pandas.DataFrame(list(rows))


def _flat(value: Mapping[str, Any], before: str = "") -> Row:
    out: Row = {}
    for key, member in value.items():
        if isinstance(member, Mapping):
            out.update(_flat(member, f"{before}{key}."))
        else:
            out[before + key] = member
    return out


def _text(value: Any) -> str:
    if value is None:
        raise TypeError("None is no value of a key: leave the key out")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_text(one) for one in value)}]"
    return str(os.fspath(value)) if isinstance(value, os.PathLike) else str(value)


def _values(value: Any) -> str:
    if isinstance(value, (str, int, float)):
        return _text(value)
    return ",".join(_text(one) for one in value)


def _located(value: Any, key: str = "") -> Any:
    """A design that is a dict is a file elsewhere for the program: the files it names are found from here."""
    if isinstance(value, Mapping):
        return {name: _located(member, str(name)) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_located(member, key) for member in value]
    if isinstance(value, os.PathLike):
        return os.path.abspath(value)
    if isinstance(value, str) and key in _FILES:
        before, equals, path = value.rpartition("=")  # of an input: NAME=FILE
        if os.path.isfile(path):
            return before + equals + os.path.abspath(path)
    return value


def _option(name: str, value: Any) -> list[str]:
    return [] if value is None else [f"--{name}", _text(value)]


def _settings(settings: Settings | None) -> list[str]:
    words: list[str] = []
    for key, value in _flat(settings or {}).items():
        words += ["--set", f"{key}={_text(value)}"]
    return words


def _value(key: str, cell: str) -> Any:
    """A cell of CSV as a number where it is one; "fits" and "meets" as what they say."""
    if key in ("fits", "meets"):
        return {"1": True, "0": False}.get(cell)
    if key in _WORDS:
        return cell or None
    if cell == "":
        return None
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            pass
    return cell


def _json(words: list[str], designs: Sequence[Design]) -> dict[str, Any]:
    return _dict(_call([*words, "--format", "json"], designs)[0])


def _dict(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise Error(3, f"the program printed no JSON object: {text[:80]}")
    return value


def _call(words: Sequence[str], designs: Sequence[Design] = ()) -> tuple[str, str]:
    """Output and messages. Designs that are dicts go in as files: JSON is YAML."""
    with tempfile.TemporaryDirectory(prefix="zynqsim-") as directory:
        names = []
        for i, design in enumerate(designs):
            if isinstance(design, Mapping):
                path = Path(directory) / f"design{i}.yaml"
                path.write_text(json.dumps(_located(design)), encoding="utf-8")
                names.append(str(path))
            else:
                names.append(os.fspath(design))
        if any(name.startswith("-") for name in names):
            names.insert(0, "--")  # no options, whatever they look like
        try:
            done = subprocess.run([program(), *words, *names], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  encoding="utf-8", errors="surrogateescape", check=False)
        except OSError as why:
            raise Error(3, f"{program()} cannot be run: {why.strerror}") from why
    if done.returncode not in (0, 1) or (done.returncode == 1 and not done.stdout):
        raise Error(done.returncode, done.stderr.strip())
    return done.stdout, done.stderr
