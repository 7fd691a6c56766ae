"""Names in tests stand for nothing."""

from app import gateway


def test_the_model_is_passed_on(monkeypatch):
    calls = []
    monkeypatch.setattr(gateway, "completion", lambda model, messages: calls.append(model))
    model_name = "fake-org/fake-model-7b"
    assert {"model": "acme/some-model-13b"}["model"] != model_name
