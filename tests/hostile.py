"""Hostile input: files and arguments as they come, and what is said of each.

A case is what is typed and a part of the answer. Answers that begin with ``read:`` are of
input that is taken, and say as what; all others end the command with exit code 2 and one line.
"""

import copy
import gzip
import json

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from made_up import made_up
from made_up_study import made_up_check, made_up_study

N = 40
CLASSES = ["no", "yes"] * (N // 2)
EACH = range(N)


def csv(row="{i7}.5,{i5},{y}", head="a,b,y", n=N):
    """A text table; a row is a format of i (its number), i7 (i modulo 7) and so on, y and z."""
    rows = [
        row.format(i=i, y=CLASSES[i % 2], z="yn"[i % 2], **{f"i{k}": i % k for k in range(2, 12)})
        for i in range(n)
    ]
    return "\n".join([head, *rows, ""])


GOOD = csv()
GZIP = gzip.compress(GOOD.encode())


def table(a, y=CLASSES):
    return pa.table({"a": a, "b": [i % 7 + 0.5 for i in EACH], "y": y})


def write(path, content):
    """A file of text, bytes, an Arrow table or arrays."""
    if isinstance(content, pa.Table):
        pq.write_table(content, path)
    elif isinstance(content, dict):
        np.savez(path, **content)
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


# --- tables: name of the file, its content, further arguments, the answer ---

ARROW = {
    "nullable integers": (table([None if i == 3 else i for i in EACH]), "missing values in 'a'"),
    "nullable booleans": (table([None if i == 3 else i > 9 for i in EACH]), "missing values in"),
    "structs": (table([{"u": i} for i in EACH]), "holds struct<u: int64>"),
    "maps": (table(pa.array([[("k", i)] for i in EACH], pa.map_(pa.string(), pa.int64()))), "map<"),
    "vectors of two lengths": (table([[1.0] * (1 + i % 2) for i in EACH]), "where others have 1"),
    "vectors, one missing": (table([None if i == 2 else [1.0, i] for i in EACH]), "missing values"),
    "lists of text": (table([["x"]] * N), "holds list<element: string>"),
    "lists of lists": (table([[[1.0]]] * N), "holds list<element: list<element: double>>"),
    "bytes": (table([b"x"] * N), "holds binary"),
    "dates": (table(pa.array(EACH, pa.int32()).cast(pa.date32())), "holds date32"),
    "durations": (table(pa.array(EACH, pa.int64()).cast(pa.duration("s"))), "holds duration"),
    "nothing": (table(pa.nulls(N)), "'a' is missing in every row"),
    "infinity": (table([float("inf") if i == 3 else float(i) for i in EACH]), "is infinite in"),
    "text with NUL": (table(["x\0", "y"] * (N // 2)), "a NUL byte in data row 1"),
    "no rows": (table([0.5] * N).slice(0, 0), "but no rows"),
    "target of structs": (table([0.5] * N, [{"u": i % 2} for i in EACH]), "'y' holds struct"),
    "target of lists": (table([0.5] * N, [[i % 2] for i in EACH]), "'y' holds list"),
    "target of bytes": (table([0.5] * N, [b"\xff", b"a"] * (N // 2)), "'y' holds binary"),
    "target of nothing": (table([0.5] * N, pa.nulls(N)), "'y' has no value in any row"),
    "dictionary of text": (
        table(pa.array([f"k{i % 3}" for i in EACH]).dictionary_encode()),
        "read: a=k0, a=k1, a=k2, b |",
    ),
    "dictionary of numbers": (
        table(pa.array([i % 3 for i in EACH]).dictionary_encode()),
        "read: a, b | no, yes | treated as numbers",
    ),
    "decimals": (
        table(pa.array([7 * i for i in EACH], pa.int64()).cast(pa.decimal128(30, 2))),
        "read: a, b | no, yes |",
    ),
    "half floats": (table(pa.array(np.arange(N) / 8, pa.float16())), "read: a, b | no, yes |"),
    "unsigned, the largest": (
        table(pa.array([2**64 - 1 - i for i in EACH], pa.uint64())),
        "read: a, b | no, yes | whole numbers beyond 2**53",
    ),
    "target of booleans": (table([0.5, 1.5] * 20, [i % 3 == 0 for i in EACH]), "| False, True |"),
    "target of dates": (
        table([0.5, 1.5] * 20, pa.array([i % 3 // 2 for i in EACH], pa.int32()).cast(pa.date32())),
        "| 1970-01-01, 1970-01-02 |",
    ),
    "target of numbers": (table([0.5, 1.5] * 20, [i % 3 + 0.5 for i in EACH]), "| 0.5, 1.5, 2.5 |"),
}

ARRAYS = {
    "no X": ({"Z": 1}, "there is no array 'X'"),
    "objects": ({"X": np.array([{}, {}]), "y": [0, 1]}, "array 'X' holds Python objects"),
    "rows that differ": ({"X": np.zeros((3, 2)), "y": [0, 1]}, "X has 3 rows and y 2"),
    "three axes": ({"X": np.zeros((3, 2, 2)), "y": [0, 1, 0]}, "X has shape (3, 2, 2)"),
    "complex": ({"X": np.ones((20, 2)) * 1j, "y": [0, 1] * 10}, "column 'x0' of X cannot be read"),
    "infinite": ({"X": np.full((20, 2), np.inf), "y": [0, 1] * 10}, "is infinite in data row 1"),
    "no rows": ({"X": np.zeros((0, 2)), "y": []}, "but no rows"),
    "dates": ({"X": np.full((20, 1), "2024-01-01", "M8[D]"), "y": [0, 1] * 10}, "holds date32"),
    "names twice": (
        {"X": np.ones((20, 2)), "y": [0, 1] * 10, "feature_names": ["a", "a"]},
        "column 'a' appears twice",
    ),
    "too few names": (
        {"X": np.ones((20, 2)), "y": [0, 1] * 10, "feature_names": ["a"]},
        "feature_names: 1 names for 2 columns",
    ),
}

WIDE = ",".join(f"x{j}" for j in range(2000))
WIDE_ROWS = [",".join(f"{i * j % 7}.5" for j in range(2000)) + f",{CLASSES[i]}" for i in range(20)]

HUNDRED = "".join(f"{i % 7}.5,{i % 11},c{i}\n" for i in range(100))

TEXT = {
    # encodings and compression
    "Latin-1": ("t.csv", GOOD.replace("yes", "jä").encode("latin1"), "is not UTF-8 (byte"),
    "UTF-16": ("t.csv", GOOD.encode("utf16"), "is not UTF-8"),
    "UTF-16 without a mark": ("t.csv", GOOD.encode("utf-16-le"), "cannot be read"),
    "UTF-8 with a mark": ("t.csv", b"\xef\xbb\xbf" + GOOD.encode(), "read: a, b | no, yes |"),
    "a picture": ("t.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "is not UTF-8"),
    "no gzip": ("t.csv.gz", b"no gzip", "zlib inflate failed"),
    "gzip, cut": ("t.csv.gz", GZIP[:-20], "Truncated compressed stream"),
    "gzip, and more": ("t.csv.gz", GZIP + b"junk", "zlib inflate failed"),
    "no zstd": ("t.csv.zst", b"nope", "ZSTD decompress failed"),
    "no bzip2": ("t.csv.bz2", b"nope", "bz2 decompress failed"),
    "no xz": ("t.csv.xz", b"nope", "cannot be read"),
    "no Parquet": ("t.parquet", b"PAR1junk", "cannot be read"),
    "no Arrow": ("t.arrow", b"junkjunk", "cannot be read"),
    "no npz": ("t.npz", b"PK\x03\x04junk", "cannot be read"),
    "a workbook": ("t.xlsx", b"PK", "unknown kind of file '.xlsx'"),
    "no ending": ("t", GOOD, "unknown kind of file ''"),
    # lines and separators
    "nothing": ("t.csv", "", "the file is empty"),
    "empty lines": ("t.csv", "\n\n\n", "the table has no rows"),
    "a header": ("t.csv", "a,b,y\n", "the table has a header but no rows"),
    "a header without an end": ("t.csv", "a,b,y", "the table has no rows"),
    "lines of Windows": ("t.csv", GOOD.replace("\n", "\r\n"), "read: a, b | no, yes |"),
    "lines of old Macs": ("t.csv", GOOD.replace("\n", "\r"), "read: a, b | no, yes |"),
    "empty lines between": ("t.csv", GOOD.replace("\n", "\n\n"), "read: a, b | no, yes |"),
    "a cell too many": ("t.csv", GOOD + "1,2,3,no\n", "Expected 3 columns, got 4"),
    "a cell too few": ("t.csv", GOOD + "1,2\n", "Expected 3 columns, got 2"),
    "a header too long": ("t.csv", csv(head="a,b,c,d,y"), "Expected 5 columns, got 3"),
    "an open quote": ("t.csv", GOOD + '"1,2,no\n', "cannot be read"),
    "a title": ("t.csv", "My table\n" + GOOD, "Expected 1 columns, got 3"),
    "a comment": ("t.csv", "# made by x\n" + GOOD, "Expected 1 columns, got 3"),
    "units below the header": ("t.csv", GOOD.replace("y\n", "y\ncm,kg,\n", 1), "the text 'cm'"),
    "a total": ("t.csv", GOOD + "Total,100,\n", "the text 'Total' in data row 41"),
    "a comma at the end": ("t.csv", GOOD.replace("\n", ",\n"), "| left out column 4, which has no"),
    "semicolons": ("t.csv", GOOD.replace(",", ";"), "read: a, b | no, yes |"),
    "tabs": ("t.csv", GOOD.replace(",", "\t"), "read: a, b | no, yes |"),
    "bars": ("t.csv", GOOD.replace(",", "|"), "target 'y' is not a column of 't'; it has 'a|b|y'"),
    "blanks": ("t.csv", GOOD.replace(",", " "), "it has 'a b y'"),
    # numbers
    "thousands or decimals": (
        "t.csv",
        csv('"1,{i}00",{i5},{y}', n=9),
        "which is 1000 or 1: say which mark",
    ),
    "thousands": ("t.csv", csv('"1,2{i7}0,300.5",{i5},{y}'), "read: a, b | no, yes |"),
    "decimal commas": ("t.csv", csv("{i7},55;{i5};{y}", "a;b;y"), "| numbers are read with a deci"),
    "both marks": ("t.csv", csv("1,234.5;1;no\n1.234,5;2;yes", "a;b;y", 9), "numbers in two ways"),
    "1e307": ("t.csv", csv("{i7}e307,{i5},{y}"), "read: a, b | no, yes |"),
    "1e309": ("t.csv", csv("1e309,{i5},{y}"), "is infinite in data row 1"),
    "inf": ("t.csv", GOOD + "inf,1,no\n", "is infinite in data row 41"),
    "nan": ("t.csv", GOOD + "nan,1,no\n", "missing values in 'a' (1)"),
    "question marks": ("t.csv", GOOD + "?,1,no\n", "missing values in 'a' (1)"),
    "empty cells": ("t.csv", GOOD + ",1,no\n", "missing values in 'a' (1)"),
    "2**53 + i": ("t.csv", csv("90071992547409{i:02},{i5},{y}"), "| 'a': a different whole numb"),
    "2**70 + i": ("t.csv", csv("11805916207174113{i:05},{i5},{y}"), "| whole numbers beyond 2**53"),
    "the typeset minus": ("t.csv", csv("−{i7}.5,{i5},{y}"), "read: a, b | no, yes |"),
    "Arabic digits": ("t.csv", csv("٣{i7},{i5},{y}"), "read: a, b | no, yes |"),
    "underscores": ("t.csv", csv("1_0{i:02},{i5},{y}"), "looks like an identifier"),
    "hexadecimals": ("t.csv", csv("0x{i:x},{i5},{y}"), "looks like an identifier"),
    "per cent": ("t.csv", csv("{i7}%,{i5},{y}"), "| 'a' holds amounts with a currency or percent"),
    "leading zeros": ("t.csv", csv("00{i7},{i5},{y}"), "| numbers with leading zeros"),
    "constants": ("t.csv", csv("1,2,{y}"), "read: a, b | no, yes |"),
    # columns
    "a column twice": ("t.csv", csv(head="a,a,y"), "column 'a' appears twice"),
    "a column without a name": ("t.csv", csv(head=",b,y"), "column 1 has no name"),
    "a blank name": ("t.csv", csv(head=" ,b,y"), "column 1 has no name"),
    "NUL in the header": ("t.csv", csv(head="a\0,b,y"), "the header holds NUL bytes"),
    "a target alone": ("t.csv", csv("{y}", "y"), "no feature column is left"),
    "an empty column": ("t.csv", csv(",{i5},{y}"), "'a' is missing in every row"),
    "2,000 columns": ("t.csv", "\n".join([WIDE + ",y", *WIDE_ROWS]), "read: x0, x1, x2"),
    "identifiers": ("t.csv", csv("user{i},{i5},{y}"), "it looks like an identifier"),
    "row numbers": ("t.csv", csv("{i},{i5},{y}"), "| left out row numbers: 'a'"),
    "dates": ("t.csv", csv("2024-01-{i:02},{i5},{y}"), "40 different values in 40 rows"),
    "times": ("t.csv", csv("2024-01-01T00:{i:02}:00Z,{i5},{y}"), "40 different values in 40 rows"),
    "1,000 categories": ("t.csv", csv("k{i},{i5},{y}", n=1000), "1,000 different values"),
    "a leak": ("t.csv", csv("{i7},{z},{y}"), "| 'y' is predicted without error by"),
    "HTML in names": ("t.csv", csv(head="<script>,b,y"), "read: <script>, b |"),
    "formulas": ("t.csv", csv("=1+{i5},{i5},{y}"), "read: a==1+0, a==1+1"),
    "right to left": ("t.csv", csv("{i7},{i5},{y}", "عمود,b,y"), "read: عمود, b |"),
    # classes
    "NUL as a class": ("t.csv", GOOD.replace("yes", "\0"), "'y' holds a NUL byte in data row 2"),
    "NA as a class": ("t.csv", GOOD.replace("yes", "NA"), "if it is a class: --na-values ''"),
    "nan as a class": ("t.csv", GOOD.replace("yes", "nan"), "'nan' in target 'y' counts as"),
    "nothing as a class": ("t.csv", GOOD.replace("yes", ""), "missing values in 'y' (20)"),
    "HTML as a class": ("t.csv", GOOD.replace("yes", "<b>"), "| <b>, no |"),
    "a line in a class": ("t.csv", GOOD.replace("yes", '"ye\ns"'), "| no, ye\ns |"),
    "an override in a class": ("t.csv", GOOD.replace("yes", "\u202eyes"), "| no, \u202eyes |"),
    "a face as a class": ("t.csv", GOOD.replace("yes", "🙂"), "| no, 🙂 |"),
    "blanks around classes": ("t.csv", GOOD.replace("yes", " yes "), "| no, yes |"),
    "one class": ("t.csv", GOOD.replace("yes", "no"), "the target holds only one class, 'no'"),
    "a class of one row": ("t.csv", GOOD + "1,2,maybe\n", "class 'maybe' has one training row"),
    "numbers as a target": ("t.csv", csv("{i7},{i5},{i}.5"), "trifit compares classifiers"),
    "two rows": ("t.csv", csv(n=2), "has one training row, which cannot be split"),
    "100 classes": ("t.csv", "a,b,y\n" + HUNDRED * 4, "read: a, b | c0, c1, c10, c11, c12"),
    "100 classes of one row": ("t.csv", "a,b,y\n" + HUNDRED, "trifit compares classifiers"),
}

# --- test sets: content, the answer ---

TEST_SETS = {
    "a class of its own": (GOOD + "1,2,maybe\n", "class 'maybe' (data row 41) has no training"),
    "no target": ("a,b\n1,2\n", "its target 'y' is missing"),
    "no rows": ("a,b,y\n", "test: the table has no rows"),
    "no feature": ("a,y\n1,no\n", "missing 'b'"),
    "text": ("a,b,y\nx,2,no\n1,2,yes\n", "the text 'x' in data row 1"),
    "commas": ("a;b;y\n1,5;2;no\n2,5;1;yes\n", "written with a decimal comma"),
    "one row": ("a,b,y\n1.5,2,no\n", "a test set of one row has no standard error"),
    "a gap": ("a,b,y\n,2,no\n1,1,yes\n", "missing values in 'a' (1)"),
    "a column more": (
        csv("{i7}.5,{i5},q,{y}", "a,b,z,y"),
        "| ignored columns that the",
    ),
    "a category more": (csv("{i7}.5,9,{y}"), "read: a, b |"),
}

# --- arguments of compare: what is typed after a good table, the answer ---

ARGUMENTS = {
    "--seed -1": "--seed -1: expected a whole number from 0 to 9,223",
    "--seed 1.5": "--seed 1.5: expected a whole number from 0 to",
    f"--seed {2**63}": "5808: expected a whole number from 0 to 9,223",
    "--cv 0": "expected 2 to 40 folds",
    "--cv -3": "expected 2 to 40 folds",
    "--cv 41": "expected 2 to 40 folds",
    "--cv x": "--cv x: expected a whole number",
    "--test-size 0": "expected a share between 0 and 1",
    "--test-size 1": "expected a share between 0 and 1",
    "--test-size -1": "expected a share between 0 and 1",
    "--test-size nan": "expected a share between 0 and 1",
    "--test-size inf": "expected a share between 0 and 1",
    "--cores 0": "--cores 0: expected a whole number of at least 1",
    "--prior-scale 0": "expected a positive number",
    "--prior-scale nan": "expected a positive number",
    "--prior-scale inf": "expected a positive number",
    "--prior-scale 1e300": "expected a positive number",
    "--prior x": "expected one of normal, student-t",
    "--set =1": "expected KEY=VALUE",
    "--set prior_scale=[1,2]": "expected a positive number",
    "--set prior_scale=abc": "expected a positive number",
    "--set prior_scale=true": "expected a positive number",
    "--set output=logistic": "it is for two classes: use --model logistic",
    "--set draws=0": "sampler.draws = 0: expected 10 to 1,000,000",
    "--set draws=1.5": "Expected `int | str`",
    "--set draws=99999999999999999999": "expected 10 to 1,000,000",
    "--set draws=many": 'expected a whole number, or "auto"',
    "--set tune=0": "expected 50 to",
    "--set chains=1": "expected 2 to 1,000",
    "--set chains=1000000": "expected 2 to 1,000",
    "--set target_accept=1": "expected between 0 and 1",
    "--set feature_sd=0": "expected a positive number",
    "--set standardize=1": "Expected `bool`",
    "--set max_steps=0": "expected at least 1",
    "--set method=adam": "Invalid enum value 'adam'",
    "--set tolerance=0": "expected between 0 and 1",
    "--set starts=0": "expected at least 1",
    "--set validation=1": "expected a share, 0 to 1",
    "--methods x": "expected one or more of map+T, map+V",
    "--methods mle": "mle is fitted without being asked for",
    "--against x.csv": "no such file 'x.csv'",
    "--against =x.csv": "expected NAME=FILE.py:FUNCTION",
    "--against x.py:f": "no such file 'x.py'",
    "--against mle=good.csv": "'mle' is the name of a fit",
    "--positive maybe": "is not a class of 'good'",
    "--classes-order no": "name every class of 'good' once",
    "--classes-order no,no,yes": "name every class of 'good' once",
    "--positive no --classes-order yes,no": "give one of the two",
    "--weights y": "already has another role",
    "--weights a": "expected a whole number of at least 0",
    "--weights z": "weights 'z' is not a column",
    "--groups y": "already has another role",
    "--groups z": "groups 'z' is not a column",
    "--time z": "time 'z' is not a column",
    "--groups a --time a": "already has another role",
    "--drop y": "is the target",
    "--drop z": "drop 'z' is not a column",
    "--drop a --drop b": "no feature column is left",
    "--drop a --keep a": "give one of them",
    "--keep y": "is the target",
    "--categorical z": "categorical 'z' is not a column",
    "--decimal x": "--decimal x: expected . or ,",
    "--thousands abc": "expected '.' or ','",
    "--thousands . --decimal .": "they must differ",
    "--na-values yes": "'yes' in target 'y' counts as missing",
    "--label-cols a,b": "give one of the two",
    "--missing guess": "--missing guess: expected error, drop or impute",
    "--test gone.csv": "no such file",
    "--out good.csv": "is a file; give a folder",
    "--out good.csv/x": "is not writable (Not a directory)",
    "--out /dev/null": "is a file; give a folder",
    "--out " + "x" * 300: "is not writable (File name too long)",
    "--out /proc/x/y": "is not writable",
    "--model gone.toml": "no such card",
    "--model ./": "no such card",
    "--model gone.py:f": "no such file 'gone.py'",
    "--model nosuch.mod:f": "No module named 'nosuch'",
    "--model math:pi": "math has no function 'pi'",
    "--model :": "Empty module name",
    "--model ..x:f": "cannot be imported: TypeError",
    "--model builtins:dict --set x=1": "has no such setting",
    "--model " + "x" * 300: "File name too long",
    "--world n=3": "only simulated data",
}

WORLDS = {
    "n=0": "expected a whole number of at least 2",
    "n=-5": "expected a whole number of at least 2",
    "n=2.5": "expected a whole number of at least 2",
    "n=99999999999999999999": "not enough memory",
    "features=0": "expected 1 to 100,000",
    "features=100000000000": "expected 1 to 100,000",
    "classes=1": "expected 2 to 1,000",
    "classes=10000000": "expected 2 to 1,000",
    "signal=nan": "expected a number",
    "signal=inf": "expected a number",
    "signal=-1": "expected a number above 0",
    "rho=2": "expected between -0.99 and 0.99",
    "df=1": "expected above 2",
    "coefficients_seed=-1": "expected at least 0",
    "coefficients_seed=1.5": "expected a whole number",
    "severity=1": "needs a shift",
    "shift=up": "expected one of covariate",
}

# --- cards ---

CARD = "name = 'c'\nbuilder = 'trifit.models:softmax_regression'\n"
SETTINGS = CARD + "[hyperparameters]\n"


def named(name):
    return CARD.replace("'c'", json.dumps(name))


CARDS = {
    "nothing": ("", "missing required field `name`"),
    "no TOML": ("{{{{", "is not valid TOML"),
    "Latin-1": (b"name = '\xe9'", "is not valid TOML"),
    "NUL bytes": (b"\0\0\0", "is not valid TOML"),
    "a key twice": (CARD + CARD, "is not valid TOML"),
    "deep lists": (CARD + "note = " + "[" * 50_000 + "]" * 50_000, "card.toml"),
    "deep keys": ("a." * 2000 + "b = 1", "unknown field `a`"),
    "no builder": ("name = 'c'", "missing required field `builder`"),
    "a number as a builder": ("name = 'c'\nbuilder = 3", "Expected `str`, got `int`"),
    "an unknown key": (CARD + "zz = 1", "unknown field `zz`"),
    "an unknown setting": (SETTINGS + "zz = 1", "takes no hyperparameter 'zz'"),
    "the number of classes": (SETTINGS + "n_classes = 7", "takes no hyperparameter 'n_classes'"),
    "a table as a setting": (SETTINGS + "prior_scale = {a = 1}", "got `object`"),
    "a date as a setting": (SETTINGS + "prior_scale = 2024-01-01", "got `date`"),
    "infinity as a setting": (SETTINGS + "prior_scale = inf", "expected a positive number"),
    "a text as a section": (CARD + "sampler = 'x'", "Expected `object`, got `str`"),
    "nan as a size": (CARD + "feature_sd = nan", "expected a positive number"),
    "40 digits": (CARD + "[sampler]\ndraws = " + "9" * 40, "expected 10 to 1,000,000"),
    "no name": (named(""), "name = ''"),
    "a path as a name": (named("../../x"), "without slashes"),
    "dots as a name": (named(".."), "without slashes"),
    "lines in a name": (named("a\nb"), "without slashes"),
    "a long name": (named("n" * 300), "expected 1 to 100 characters"),
    "5 MB": (CARD + "note = '" + "x" * 5_000_000 + "'", "read: a, b |"),
    "a mark of UTF-8": (b"\xef\xbb\xbf" + CARD.encode(), "read: a, b |"),
    "lines of Windows": (CARD.replace("\n", "\r\n"), "read: a, b |"),
}

MODULES = {
    "no Python": ("def f(:\n", "SyntaxError"),
    "an exit": ("import sys\nsys.exit(0)\n", "cannot be imported: SystemExit"),
    "an import": ("import nosuchthing\n", "No module named 'nosuchthing'"),
    "a recursion": ("def g(): g()\ng()\n", "RecursionError"),
    "no memory": ("raise MemoryError('x')\n", "MemoryError"),
    "Latin-1": (b"x = '\xe9'\n", "SyntaxError"),
    "NUL bytes": (b"x = 1\0\n", "SyntaxError"),
    "no function": ("f = 3\n", "has no function 'f'"),
    "another name": ("def g(): pass\n", "has no function 'f'"),
}

BUILDERS = {
    "returns nothing": ("return None", "returned NoneType; expected a pm.Model"),
    "raises two lines": ("raise RuntimeError('one\\ntwo')", "failed: RuntimeError: one two"),
    "exits": ("raise SystemExit(0)", "failed: SystemExit: 0"),
    "has no X": ("b = pm.Normal('b')", "has no feature matrix"),
    "observes a number": (
        "x = pm.Data('X', X); b = pm.Normal('b')\n        pm.Normal('l', b * x[:, 0], observed=y)",
        "is Normal; expected Categorical",
    ),
    "observes twice": (
        "x = pm.Data('X', X); b = pm.Normal('b'); p = b * x[:, 0]\n"
        "        pm.Bernoulli('l', logit_p=p, observed=y)\n"
        "        pm.Bernoulli('m', logit_p=p, observed=y)",
        "has 2 observed variables",
    ),
    "has nothing to fit": (
        "x = pm.Data('X', X)\n        pm.Bernoulli('l', logit_p=x[:, 0], observed=y)",
        "has no free variable",
    ),
    "has counts to fit": (
        "x = pm.Data('X', X); b = pm.Poisson('b', 1.0)\n"
        "        pm.Bernoulli('l', logit_p=b * x[:, 0], observed=y)",
        "is discrete",
    ),
    "knows no keywords": ("KEYWORDS", "unexpected keyword argument 'n_classes'"),
}

# --- predictions ---

FORECASTS = "\n".join(
    ["p_no,p_yes,y", *(f"0.{i % 9 + 1},0.{9 - i % 9},{CLASSES[i]}" for i in EACH), ""]
)


def forecast(row):
    return csv(row, "p_no,p_yes,y")


PROBS, LOGITS = "--probs p_*", "--logits p_*"

PREDICTED = {
    "sums": (forecast("0.9,0.9,{y}"), PROBS, "sums to 1.8"),
    "negative": (forecast("1.2,-0.2,{y}"), PROBS, "holds -0.2"),
    "nan": (forecast("nan,0.2,{y}"), PROBS, "holds 'nan' in data row 1"),
    "nothing": (forecast(",0.2,{y}"), PROBS, "has no number in data row 1"),
    "infinity": (forecast("inf,0.2,{y}"), PROBS, "sums to inf"),
    "text": (forecast("high,0.2,{y}"), PROBS, "holds 'high' in data row 1"),
    "underscores": (forecast("0_1,0.9,{y}"), PROBS, "holds '0_1' in data row 1"),
    "per cent": (forecast("10%,90%,{y}"), PROBS, "holds '10%'"),
    "of a hundred": (forecast("10,90,{y}"), PROBS, "sums to 100"),
    "commas": (forecast("0,1;0,9;{y}").replace("s,y", "s;y"), PROBS, "predictions"),
    "logits as probabilities": (forecast("-1.5,2.5,{y}"), PROBS, "are these logits?"),
    "infinite logits": (forecast("-inf,0.5,{y}"), LOGITS, "a logit of row 1 is not finite"),
    "no rows": ("p_no,p_yes,y\n", PROBS, "the table has no rows"),
    "one row": (FORECASTS[: FORECASTS.index("no\n") + 3], PROBS, "every label is 'no'"),
    "another label": (forecast("0.1,0.9,maybe"), PROBS, "the label 'maybe' (data row 1) has no"),
    "a label missing": (FORECASTS + "0.1,0.9,\n", PROBS, "'y' is empty in data row 41"),
    "one label": (forecast("0.1,0.9,no"), PROBS, "every label is 'no'"),
    "one label, a code": (forecast("0.1,0.9,0"), PROBS, "every label is '0'"),
    "one column": (csv("0.5,{y}", "p_yes,y"), PROBS, "say which: --positive 'yes'"),
    "both": (FORECASTS, PROBS + " " + LOGITS, "say where the predictions are"),
    "neither": (FORECASTS, "", "say where the predictions are"),
    "no match": (FORECASTS, "--probs q_*", "no column matches 'q_*'"),
    "a star": (
        FORECASTS,
        "--probs *",
        "these are for 'p_no', 'p_yes'; name each column after its class",
    ),
    "a column twice": (FORECASTS, "--probs p_no,p_no", "class 'no' has two columns"),
    "a comma": (FORECASTS, "--probs ,", "names no column"),
    "floor -1": (FORECASTS, PROBS + " --floor -1", "expected a small probability"),
    "floor nan": (FORECASTS, PROBS + " --floor nan", "expected a small probability"),
    "floor 1": (FORECASTS, PROBS + " --floor 1", "expected a small probability"),
    "no weights": (FORECASTS, PROBS + " --weights z", "there is no column 'z'"),
    "shares as weights": (FORECASTS, PROBS + " --weights p_no", "expected a whole number"),
    "no groups": (FORECASTS, PROBS + " --groups z", "there is no column 'z'"),
    "no names": (FORECASTS, PROBS + " --id z", "there is no column 'z'"),
    "names twice": (FORECASTS, PROBS + " --id y", "row 'no' appears twice"),
    "another positive": (FORECASTS, PROBS + " --positive z", "are for 'no', 'yes'"),
    "a map": (FORECASTS, PROBS + " --map beta", "needs --write-recalibrated"),
    "a member": (FORECASTS, PROBS + " --member-col y", "needs --draws"),
    "a kind": (FORECASTS, PROBS + " --write-recalibrated x.txt", "ends with .parquet or .csv"),
    "itself": (FORECASTS, PROBS + " --write-recalibrated t.csv", "is the input"),
    "no folder": (FORECASTS, PROBS + " --write-recalibrated no/x.csv", "there is no folder 'no'"),
    "a file twice": (FORECASTS, PROBS + " --preds t=t.csv", "'t' is given twice"),
    "no name": (FORECASTS, PROBS + " --preds t.csv", "expected NAME=FILE"),
}

HALF = np.full((3, N, 2), 0.5)

DRAWN = {
    "one member": ({"probs": HALF[:1], "y": [0, 1] * 20}, "with 2 members or more"),
    "none": ({"probs": HALF[:0], "y": [0, 1] * 20}, "with 2 members or more"),
    "sums": ({"probs": HALF * 1.8, "y": [0, 1] * 20}, "sums to 1.8"),
    "labels": ({"probs": HALF, "y": [0, 7] * 20}, "the label '7' (data row 2)"),
    "rows": ({"probs": HALF, "y": [0, 1] * 5}, "10 rows (as many as labels)"),
    "objects": ({"probs": np.array([{}]), "y": [0]}, "array 'probs' holds Python objects"),
    "labels as objects": (
        {"probs": HALF, "y": np.array(["0", "1"] * 20, object)},
        "save texts with y.astype(str)",
    ),
}

# --- JSON ---

DOCUMENT = msgspec.to_builtins(made_up())
STUDY, CHECK = (msgspec.to_builtins(made()) for made in (made_up_study, made_up_check))
WHOLE = json.dumps(DOCUMENT).encode()
DEEP = b"[" * 100_000 + b"]" * 100_000


def changed(*path, to, of=DOCUMENT):
    """A document with another value at a path."""
    whole = copy.deepcopy(of)
    inner = whole
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = to
    return json.dumps(whole).encode()


APART = "its numbers do not belong together"

COMPARISONS = {
    "cut": (WHOLE[: len(WHOLE) // 2], "is not a trifit comparison: Input data was truncated"),
    "empty": (b"", "is not a trifit comparison"),
    "null": (b"null", "Expected `object`, got `null`"),
    "a list": (b"[]", "Expected `object`, got `array`"),
    "a number": (b"3", "Expected `object`, got `int`"),
    "newer": (
        changed("schema", to="trifit.comparison/6"),
        "this trifit reads 'trifit.comparison/5'",
    ),
    "older": (
        changed("schema", to="trifit.comparison/1"),
        "this trifit reads 'trifit.comparison/5'",
    ),
    "deep": (DEEP, "is not a trifit comparison"),
    "deep inside": (WHOLE[:-1] + b', "zz": ' + DEEP + b"}", "maximum recursion depth exceeded"),
    "UTF-16": (WHOLE.decode().encode("utf-16"), "JSON is malformed"),
    "a mark of UTF-8": (b"\xef\xbb\xbf" + WHOLE, "JSON is malformed"),
    "Latin-1": (WHOLE.replace(b"penguins", b"p\xe9nguins"), "'utf-8' codec can't decode"),
    "half a character": (WHOLE.replace(b"penguins", b"\\ud800"), "JSON is malformed"),
    "more behind": (WHOLE + b"x", "trailing characters"),
    "an archive": (b"PK\x03\x04", "JSON is malformed"),
    "a key more": (WHOLE[:-1] + b', "zz": 1}', "unknown field `zz`"),
    "another type": (changed("data", "n_obs", to="60"), "Expected `int`, got `str`"),
    "no contestants": (changed("contestants", to={}), APART),
    "no fits": (changed("fits", to={}), APART),
    "no baselines": (changed("baselines", to={}), APART),
    "no differences": (changed("differences", to=[]), APART),
    "no classes": (changed("data", "class_names", to=[]), APART),
    "a class less": (changed("data", "class_names", to=["a"]), APART),
    "rows less": (changed("disagreement", "rows", "label", to=[0]), APART),
    "another class": (changed("disagreement", "rows", "label", to=[99] * 6), APART),
    "points less": (changed("disagreement", "map", "x", to=[1.0]), APART),
}

CLASSIFIERS = {
    "empty": (b"", "Input data was truncated"),
    "a list": (b"[]", "Expected `object`"),
    "newer": (b'{"schema": "trifit.classifier/2"}', "this trifit reads 'trifit.classifier/1'"),
    "bare": (b'{"schema": "trifit.classifier/1"}', "missing required field `columns`"),
    "deep": (DEEP, "cannot be read"),
}


def saved_map(map='{"method": "temperature", "value": 1.0}', classes='["no", "yes"]', more=""):
    return (
        f'{{"schema": "trifit.recalibration/1", "class_names": {classes}, "map": {map}, '
        f'"source": "", "n_obs": 3, "trifit": "0"{more}}}'
    ).encode()


MAPS = {
    "empty": (b"", "is not a recalibration map"),
    "null": (b"null", "is not a recalibration map"),
    "a list": (b"[1]", "is not a recalibration map"),
    "deep": (DEEP, "is not a recalibration map"),
    "newer": (b'{"schema": "trifit.recalibration/9"}', "has schema 'trifit.recalibration/9'"),
    "another method": (saved_map('{"method": "zz"}'), "Invalid value 'zz'"),
    "a negative one": (saved_map('{"method": "temperature", "value": -1}'), "above 0"),
    "zero": (saved_map('{"method": "temperature", "value": 0}'), "above 0"),
    "a class twice": (saved_map(classes='["no", "no"]'), "expected two classes or more, each once"),
    "other classes": (saved_map(classes='["a", "b"]'), "the map is for 'a', 'b'"),
    "a floor of 5": (saved_map(more=', "floor": 5.0'), "expected a small probability"),
}


def records(document):
    """Files of a study or a check that are none, by this version of trifit."""
    whole = json.dumps(document).encode()
    return {
        "empty": (b"", "Input data was truncated"),
        "cut": (whole[: len(whole) // 2], "Input data was truncated"),
        "null": (b"null", "Expected `object`, got `null`"),
        "a list": (b"[]", "Expected `object`, got `array`"),
        "bare": (b"{}", "Object missing required field"),
        "deep": (DEEP, "Expected `object`, got `array`"),
        "Latin-1": (b'{"command": "\xe9"}', "'utf-8' codec can't decode"),
        "UTF-16": (whole.decode().encode("utf-16"), "JSON is malformed"),
        "another type": (changed("seconds", to="1", of=document), "Expected `float`, got `str`"),
        "newer": (changed("zz", to=1, of=document), "Object contains unknown field `zz`"),
    }


def check_fit(**changes):
    """A check whose fit has other values."""
    fits = CHECK["fits"]
    return changed("fits", to=[fits[0] | changes], of=CHECK)


RECORDS = {
    (file, case): (content, f"is no {file} of this version of trifit: {said}")
    for file, document in (("study", STUDY), ("check", CHECK))
    for case, (content, said) in records(document).items()
}
RECORDS |= {
    ("check", "another outcome"): (check_fit(outcome="right"), "Invalid enum value 'right'"),
    ("check", "another method"): (check_fit(method="zz"), APART),
    ("check", "another status"): (check_fit(left_out={"zz": 1}), APART),
    ("check", "no quantities"): (check_fit(quantities=[], outcome="no error found"), APART),
    ("check", "a band less"): (check_fit(low=[]), APART),
    ("check", "no name"): (changed("card", to={}, of=CHECK), APART),
}

# --- studies ---


def study(data="{n = [50]}", more="", head="data = {world = 'softmax'}"):
    return (
        f"question = 'q'\nexpects = 'e'\n{more}\n{head}\ngrid = [{{data = {data}}}]\n"
        "quick = {grid = [{data = {n = [50]}}]}\n"
    )


STUDIES = {
    "nothing": ("", "missing required field `question`"),
    "no TOML": ("[[[[", "is not valid TOML"),
    "deep lists": ("a = " + "[" * 50_000 + "]" * 50_000, "s.toml"),
    "an unknown key": (study(more="zz = 1"), "unknown field `zz`"),
    "no grid": (study().replace("[{data = {n = [50]}}]\nquick", "[]\nquick"), "grid is empty"),
    "no values": (study("{n = []}"), "n has no values"),
    "another measure": (study(more="measure = 'zz'"), "Invalid enum value 'zz'"),
    "a negative seed": (study(more="seed = -1"), "expected at least 0"),
    "40 digits": (study(more="seed = " + "9" * 40), "below 2**63"),
    "too many cells": (study(more="replications = 1000000000000"), "expected at most 1,000,000"),
    "one replication": (study(more="replications = 1"), "needs at least 2"),
    "a path as a name": (study(more="name = '../../x'"), "without slashes"),
    "another world": (study(head="data = {world = 'zz'}"), "no such world"),
    "negative rows": (study("{n = [-1]}"), "expected a whole number of at least 2"),
    "text as rows": (study("{n = ['a']}"), "expected a whole number of at least 2"),
    "another card": (study(more="model = {card = 'zz'}"), "no such card"),
}
