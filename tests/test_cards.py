import pytest

from trifit.cards import card_names, load_card, parse_setting
from trifit.errors import InputError

CARD = """
name = "mine"
builder = "trifit.models:softmax_regression"
[hyperparameters]
prior_scale = 1.0
[sampler]
draws = 200
"""


def card_file(tmp_path, text=CARD):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", card_names())
def test_shipped_cards_load_and_say_when_to_trust_them(name):
    card = load_card(name)
    assert card.name == name
    assert callable(card.load_builder())
    assert len(card.note) > 100
    assert card.references


@pytest.mark.parametrize("name", card_names())
def test_toml_round_trip(tmp_path, name):
    card = load_card(name)
    assert load_card(card_file(tmp_path, card.to_toml())) == card


def test_overrides_reach_their_place():
    card = load_card("softmax").with_overrides(
        {"prior_scale": 1, "draws": 300, "sampler.tune": 100, "standardize": False}
    )
    assert card.hyperparameters["prior_scale"] == 1
    assert (card.sampler.draws, card.sampler.tune) == (300, 100)
    assert card.standardize is False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("prior_scale=1", ("prior_scale", 1)),
        ("standardize=false", ("standardize", False)),
        ("prior=cauchy", ("prior", "cauchy")),
        ("a = 'b=c'", ("a", "b=c")),
    ],
)
def test_settings_are_toml_values(text, expected):
    assert parse_setting(text) == expected


@pytest.mark.parametrize("text", ["prior_scale", "=1", "prior_scale="])
def test_settings_without_key_or_value(text):
    with pytest.raises(InputError, match="expected KEY=VALUE"):
        parse_setting(text)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            {"priorscale": 1},
            "no such setting; it has intercept_scale, output, prior, prior_df, prior_scale",
        ),
        ({"draws": "many"}, r"draws = 'many': expected a whole number, or \"auto\""),
        ({"draws": 5}, "draws = 5: expected 10 to 1,000,000"),
        ({"draws": 1}, "sampler.draws = 1: expected 10 to"),
        ({"chains": 1}, "sampler.chains = 1: expected 2 to"),
        ({"target_accept": 1.5}, "expected between 0 and 1"),
        ({"standardize": 3}, r"at `\$.standardize`"),
    ],
)
def test_bad_overrides(overrides, message):
    with pytest.raises(InputError, match=message):
        load_card("softmax").with_overrides(overrides)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "not valid TOML"),
        ("name = 'x'", "missing required field `builder`"),
        (CARD + "color = 1", "unknown field `color`"),
        (CARD.replace("200", "'many'"), r"draws = 'many': expected a whole number, or \"auto\""),
        (CARD.replace("prior_scale", "scale"), "takes no hyperparameter 'scale'; it takes"),
        (CARD.replace("softmax_r", "softmin_r"), "has no function 'softmin_regression'"),
        (CARD.replace("trifit.models", "trifit.nowhere"), "cannot be imported"),
        (CARD.replace("trifit.models:", "trifit.models."), "expected package.module:function"),
        (CARD.replace("trifit.models", "gone.py"), "no such file"),
    ],
)
def test_bad_cards_name_the_key(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        load_card(card_file(tmp_path, text))


def test_unknown_cards_list_the_known():
    with pytest.raises(InputError, match="shipped cards are logistic, network, network-ard"):
        load_card("softmin")


def test_a_builder_beside_its_card(tmp_path):
    (tmp_path / "builder.py").write_text(
        "def build(X, y, *, n_classes, coords, width=3):\n    return width\n", encoding="utf-8"
    )
    text = "name = 'own'\nbuilder = 'builder.py:build'\n[hyperparameters]\nwidth = 4\n"
    card = load_card(card_file(tmp_path, text))
    assert card.load_builder()(None, None, n_classes=2, coords={}) == 3
    assert card.with_overrides({"width": 5}).hyperparameters["width"] == 5
