"""Includes: several files become one configuration."""

HEAD = "runtime: python\napi_version: 1\n"
MAIN = f"{HEAD}handlers:\n- url: /.*\n  script: main.app\n"
MODERN = "runtime: python312\n"


def test_included_handlers_stand_before_and_behind_those_of_app_yaml(app):
    """Source: App Engine, "app.yaml", `includes`: positions head (the default) and tail."""
    config = app.load(
        f"includes: [one.yaml, two]\n{MAIN}",
        "two/x",
        one="includes: [deep.yaml]\nhandlers:\n- {url: /one, script: main.app}\n"
        "- {url: /one-tail, script: main.app, position: tail}\n",
        deep="handlers: [{url: /deep, script: main.app}, "
        "{url: /deep-tail, script: main.app, position: tail}]\n",
        **{"two/include": "handlers: [{url: /two, script: main.app, position: head}]\n"},
    )
    urls = [handler.url for handler in config.handlers]
    assert urls == ["/deep", "/one", "/two", "/.*", "/one-tail", "/deep-tail"]
    assert [path.name for path in config.files] == [
        "app.yaml",
        "one.yaml",
        "deep.yaml",
        "include.yaml",
    ]


def test_included_values_are_merged_and_those_of_app_yaml_win(app):
    config = app.load(
        f"includes: [one.yaml]\nenv_variables: {{A: app, B: app}}\nskip_files: a\n{MAIN}",
        one="env_variables: {B: one, C: one}\nskip_files: b\ninbound_services: [mail]\n",
    )
    assert config.env_variables == {"A": "app", "B": "app", "C": "one"}
    assert config.skip_files == "(?:a)|(?:b)"
    assert config.inbound_services == ("mail",)


def test_an_include_that_includes_itself_is_refused(app):
    message = app.refusal(
        f"includes: [one.yaml]\n{MAIN}",
        one="includes: [two.yaml]\n",
        two="\nincludes: [one.yaml]\n",
    )
    assert message == "two.yaml:2: includes[0]: 'one.yaml' includes itself"


def test_an_error_in_an_included_file_names_that_file(app):
    message = app.refusal(f"includes: [one.yaml]\n{MAIN}", one="runtime: python\n")
    assert message == "one.yaml:1: runtime: there is no such key"
