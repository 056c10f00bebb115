"""The Python package: what the program prints as dicts and tables. Run by tests/cli/test_python.sh at the top of the checkout."""

import builtins
import io
import json
import os
import sys
import tempfile
import typing
import unittest
from contextlib import redirect_stdout
from pathlib import Path
from unittest import mock

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "python"))

import zynqsim  # noqa: E402


def records(table: typing.Any) -> list:
    return table if isinstance(table, list) else table.to_dict("records")


def without_pandas(name: str, *rest: typing.Any) -> typing.Any:
    if name == "pandas":
        raise ImportError(name)
    return real_import(name, *rest)


real_import = builtins.__import__


class Package(unittest.TestCase):
    small = {"name": "small", "network": {"model": str(TOP / "tests/cli/small_net.yaml")}}

    def test_run_gives_what_the_program_prints(self):
        result = zynqsim.run(self.small, fidelity="tile")
        self.assertEqual(result["design"], "small")
        self.assertEqual(sum(layer["cycles"] for layer in result["layers"]), result["cycles"])
        self.assertEqual(len(result["outputs"]), 1)

    def test_settings_are_those_of_the_command_line(self):
        one = zynqsim.run(self.small, timing_only=True)
        other = zynqsim.run(self.small, {"accelerator.double_buffer.input": False, "batch": 2}, timing_only=True)
        self.assertEqual(other["batch"], 2)
        self.assertGreater(other["cycles"], one["cycles"])
        self.assertEqual(other["provenance"]["settings"], ["accelerator.double_buffer.input=false", "batch=2"])

    def test_settings_may_be_nested_and_lists(self):
        nested = {"accelerator": {"tile": {"oc": 4}, "ports": {"input": ["hp0", "hp3"]}}}
        result = zynqsim.run(self.small, nested, timing_only=True)
        self.assertEqual(result["provenance"]["settings"], ["accelerator.tile.oc=4", "accelerator.ports.input=[hp0, hp3]"])
        with self.assertRaises(TypeError):
            zynqsim.run(self.small, {"network.labels": None})

    def test_one_word_stands_for_a_list_of_one(self):
        result = zynqsim.run(self.small, inputs="synthetic:3", fidelity="tile")
        self.assertEqual(result["outputs"][0]["input"], "synthetic:3")
        rows = records(zynqsim.sweep(self.small, {"batch": [1, 2]}, where="batch < 2"))
        self.assertEqual([row["meets"] for row in rows], [True, False])

    def test_files_that_a_dict_names_are_found_from_here(self):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "base.yaml"
            path.write_text(json.dumps({**self.small, "batch": 3}))
            here = os.getcwd()
            os.chdir(directory)
            try:
                with mock.patch.dict(os.environ, {"ZYNQSIM": os.path.join(here, zynqsim.program())}):
                    result = zynqsim.run({"extends": "base.yaml", "name": "007"}, timing_only=True)
                    rows = records(zynqsim.sweep({"extends": path, "name": "007"}, {"batch": [1]}))
            finally:
                os.chdir(here)
        self.assertEqual(result["batch"], 3)
        self.assertEqual(rows[0]["design"], "007")

    def test_names_and_programs_that_are_none_are_errors(self):
        for design in ("--help", "-x.yaml", "\udcff.yaml"):
            with self.assertRaises(zynqsim.Error) as caught:
                zynqsim.run(design)
            self.assertEqual(caught.exception.status, 2)
        with mock.patch.dict(os.environ, {"ZYNQSIM": "/nowhere/zynqsim"}), self.assertRaises(zynqsim.Error) as caught:
            zynqsim.version()
        self.assertEqual(caught.exception.status, 3)

    def test_a_design_that_does_not_fit_is_a_result(self):
        result = zynqsim.run(self.small, {"accelerator.unroll.oc": 512}, timing_only=True)
        self.assertIs(result["fits"], False)

    def test_what_is_wrong_is_an_error_with_the_sentence_of_the_program(self):
        with self.assertRaises(zynqsim.Error) as caught:
            zynqsim.run(self.small, {"accelerator.clok": 1})
        self.assertEqual(caught.exception.status, 2)
        self.assertIn("did you mean 'accelerator.clock'?", str(caught.exception))

    def test_files_are_designs_too(self):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "small.yaml"
            path.write_text(json.dumps(self.small))
            self.assertEqual(zynqsim.run(path, timing_only=True)["cycles"],
                             zynqsim.run(self.small, timing_only=True)["cycles"])
            saved = Path(directory) / "out"
            zynqsim.run(path, timing_only=True, out=saved)
            table = zynqsim.compare([path, saved / "result.json"])
            self.assertEqual([column["design"] for column in table["columns"]], ["small", "small"])
            self.assertEqual(table["rows"][0]["ratios"], [1, 1])

    def test_a_sweep_is_rows_with_numbers(self):
        with mock.patch("builtins.__import__", without_pandas):
            rows = zynqsim.sweep(self.small, {"batch": [1, 2], "accelerator.tile.oc": "4..8*2"})
        self.assertIsInstance(rows, list)
        self.assertEqual([(row["batch"], row["accelerator.tile.oc"]) for row in rows], [(1, 4), (1, 8), (2, 4), (2, 8)])
        self.assertTrue(all(isinstance(row["cycles"], int) and isinstance(row["seconds"], float) for row in rows))
        self.assertTrue(all(row["fits"] in (True, False, None) and row["meets"] is True for row in rows))

    def test_the_best_and_the_front_are_tables(self):
        rows = records(zynqsim.sweep(self.small, {"batch": [1, 2, 4]}))
        best = records(zynqsim.sweep(self.small, {"batch": [1, 2, 4]}, best="images_per_second"))
        self.assertEqual(len(best), 1)
        self.assertEqual(best[0]["images_per_second"], max(row["images_per_second"] for row in rows))
        front = records(zynqsim.sweep(self.small, ["batch=1,2,4"], pareto=["cycles", "images_per_second"]))
        self.assertIn(best[0]["point"], [row["point"] for row in front])
        self.assertEqual(records(zynqsim.sweep(self.small, {"batch": [1]}, where=["cycles < 1"], best="cycles")), [])

    def test_a_comparison_has_a_column_for_each_value(self):
        table = zynqsim.compare(self.small, {"batch": [1, 60000]}, {"board.memory.bytes": "1 MiB"}, fidelity="tile")
        self.assertEqual([column["label"] for column in table["columns"]], ["1", "60000"])
        self.assertIsNone(table["columns"][0]["problem"])
        self.assertIn("board.memory.bytes", table["columns"][1]["problem"])

    def test_layers_are_a_table_with_flat_names(self):
        rows = records(zynqsim.layers(zynqsim.run(self.small, timing_only=True)))
        self.assertIn("busy.read", rows[0])
        self.assertTrue(all(not isinstance(value, dict) for value in rows[0].values()))

    def test_a_table_is_a_frame_where_pandas_is_there(self):
        class Pandas:
            @staticmethod
            def DataFrame(rows):
                return ("frame", rows)

        with mock.patch.dict(sys.modules, {"pandas": Pandas}):
            self.assertEqual(zynqsim.frame([{"a": 1}]), ("frame", [{"a": 1}]))

    def test_accuracy_passes_its_words_on(self):
        with tempfile.TemporaryDirectory() as directory:
            fake = Path(directory) / "zynqsim"
            fake.write_text('#!/bin/sh\nprintf \'{"words": "%s"}\' "$*"\n')
            fake.chmod(0o755)
            with mock.patch.dict(os.environ, {"ZYNQSIM": str(fake)}):
                words = zynqsim.accuracy("a.yaml", "set", {"batch": 4}, vary={"accelerator.precision": ["fp32", "int8"]},
                                         reference="fp32", limit=10)["words"]
        self.assertEqual(words, "accuracy --set batch=4 --quiet --images set --vary accelerator.precision=fp32,int8 "
                                "--reference fp32 --limit 10 --format json a.yaml")

    def test_what_is_no_object_is_an_error(self):
        with tempfile.TemporaryDirectory() as directory:
            fake = Path(directory) / "zynqsim"
            fake.write_text("#!/bin/sh\necho 7\n")
            fake.chmod(0o755)
            with mock.patch.dict(os.environ, {"ZYNQSIM": str(fake)}), self.assertRaises(zynqsim.Error):
                zynqsim.schema()

    def test_every_function_is_typed(self):
        for name in zynqsim.__all__:
            what = getattr(zynqsim, name)
            self.assertIsNotNone(what.__doc__, name)
            if not isinstance(what, type):
                code = what.__code__
                known = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
                self.assertEqual(set(what.__annotations__), {*known, "return"}, name)
        self.assertTrue((TOP / "python/zynqsim/py.typed").exists())

    def test_versions_agree(self):
        number = zynqsim.version().split()[1].rstrip(",")
        self.assertIn(f'version = "{number}"', (TOP / "python/pyproject.toml").read_text())
        self.assertIn("properties", zynqsim.schema())

    def test_cells_of_the_notebook_run(self):
        notebook = json.loads((TOP / "python/tiles.ipynb").read_text())
        names: dict = {}
        printed = io.StringIO()
        with redirect_stdout(printed):
            for cell in notebook["cells"]:
                if cell["cell_type"] == "code":
                    exec("".join(cell["source"]), names)
        self.assertIn("images/s", printed.getvalue())
        self.assertIn("the fastest tile has 32", printed.getvalue())


if __name__ == "__main__":
    unittest.main()
