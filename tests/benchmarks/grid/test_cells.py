from dataclasses import replace

import pytest

import zoo
from ave_keras import AVEError
from benchmarks.grid.cells import from_dict, group_seeds, make_cells, shard
from benchmarks.grid.selection import choose_entries, parse_seeds
from benchmarks.grid.tables import choose_tables, tables


def test_the_key_depends_only_on_what_determines_the_result(cell):
    base = cell()
    same = [replace(base, profile="paper"), replace(base, data={**base.data, "title": "renamed"})]
    other = [
        cell(seed=1),
        cell(entry="v"),
        cell(epochs=5),
        cell(class_weight="balanced"),
        replace(base, protocol="official"),
        replace(base, backend="none"),
        replace(base, data={**base.data, "sha256": "0"}),
        replace(base, data={**base.data, "bad_rows": [3]}),
    ]
    assert {c.key for c in same} == {base.key}
    assert len({base.key, *(c.key for c in other)}) == 1 + len(other)


def test_an_entry_with_two_names_is_one_cell():
    common = {"data": {}, "protocol": "paper", "backend": "jax", "profile": "quick", "recipe": {}}
    made = make_cells(["av_att", "concat_late", "a"], [0, 1], **common)
    assert [(c.entry, c.seed) for c in made] == [("av_att", 0), ("a", 0), ("av_att", 1), ("a", 1)]


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("3", [0, 1, 2]), ("0,4,7", [0, 4, 7]), ("5,5", [5]), ("0,", [0])]
    + [(text, None) for text in ("0", "-1", "2,-1", ",", "1,,2", "x", "10001", "99999999999", "4294967296,")],
)
def test_seeds(text, seeds):
    if seeds is None:
        with pytest.raises(AVEError, match=r"--seeds.*a count of 1 to 10000, or seeds"):
            parse_seeds(text)
    else:
        assert parse_seeds(text) == seeds


def test_shards_split_the_cells_evenly(cell):
    cells = [cell(entry, seed) for seed in range(3) for entry in ("a", "v", "av_att")]
    shards = [shard(cells, f"{number}/4") for number in range(1, 5)]
    assert sorted((c.entry, c.seed) for part in shards for c in part) == sorted((c.entry, c.seed) for c in cells)
    assert max(map(len, shards)) - min(map(len, shards)) <= 1
    # The long cells are spread over the shards.
    assert [sum(c.entry == "av_att" for c in part) for part in shards] == [1, 1, 1, 0]
    assert shard(cells, "10/10") == []


@pytest.mark.parametrize("text", ["0/8", "9/8", "1", "a/b", "1/0", "-1/8", ""])
def test_invalid_shards(text):
    with pytest.raises(AVEError, match=r"--shard.*1/8 to 8/8"):
        shard([], text)


def test_entries_and_tables():
    (one,) = choose_tables("1")
    assert choose_entries([one], ["w_*"]) == zoo.list(family="weak")
    assert choose_entries([one], None) == list(one.entries)
    with pytest.raises(AVEError, match=r"unknown entry 'av_at'.*Nearest: av_att"):
        choose_entries([one], ["av_at"])
    with pytest.raises(AVEError, match=r"no entry matches.*--entries.*'a'.*found 'dmrn_late'"):
        choose_entries([one], ["dmrn_late"])
    assert choose_entries((), ["avel", "a"]) == ["avel", "a"]
    with pytest.raises(AVEError, match=r"no entry matches.*found 'avel'"):
        choose_entries([one], ["avel"])
    with pytest.raises(AVEError, match=r"unknown table.*--tables.*one of 1, 2.*'12'.*Nearest: [12]"):
        choose_tables("12")


def test_every_entry_of_a_table_exists_and_matches_the_paper():
    for table in tables().values():
        assert set(table.entries) <= set(zoo.list())
    assert len(tables()["2"].entries) == 28
    assert tables()["2"].cell("dmrfe", "early") is None


def test_group_seeds(cell):
    import json
    from dataclasses import asdict

    made = [cell(entry, seed) for seed in (0, 3, 4) for entry in ("a", "avdln", "v")] + [cell("v", 7, epochs=9)]
    jobs = group_seeds(made)
    found = [[(c.entry, c.seed) for c in job.cells] for job in jobs]
    groups = [[(name, seed) for seed in (0, 3, 4)] for name in ("a", "v")]
    assert found == [groups[0], [("avdln", 0)], groups[1], [("avdln", 3)], [("avdln", 4)], [("v", 7)]]
    assert jobs[0].seed == "0, 3, 4" and jobs[0].resolve() == made[0].resolve()
    for job in jobs:
        assert from_dict(json.loads(json.dumps(asdict(job)))) == job
